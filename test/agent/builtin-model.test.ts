import { getEventListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { getBuiltinModel } from "../../server/agent/models/builtin/builtin-model.ts";
import { builtinModelIds } from "../../server/lib/builtin-models.ts";
import type {
  ModelStream,
  ModelCall,
  ModelEvent,
  ToolDefinition,
  Turn,
  Usage,
} from "../../server/agent/types.ts";
import { modelTurn } from "../support/runs/turns.ts";

const model: ModelStream =
  getBuiltinModel("assistant") ??
  (() => {
    throw new Error("The model is missing.");
  })();

const user = (text: string): Turn => ({ role: "user", content: [{ type: "text", text }] });
const assistant = (text: string): Turn => modelTurn({ text });
const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;

const weather: ToolDefinition = {
  name: "get_weather",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
    required: ["city", "days"],
  },
};
const clock: ToolDefinition = { name: "clock" };

const turnsWithCall = (message: string, result: string): readonly Turn[] => [
  user(message),
  modelTurn({ calls: [{ id: "call_1", name: "clock", arguments: "{}" }] }),
  { role: "tool", callId: "call_1", content: [{ type: "text", text: result }] },
];

function callOf(turns: string | readonly Turn[], options: Partial<ModelCall> = {}): ModelCall {
  return {
    system: "",
    turns: typeof turns === "string" ? [user(turns)] : turns,
    tools: [],
    toolChoice: "auto",
    parallelToolCalls: true,
    sampling: {},
    stop: [],
    stream: true,
    ...options,
  };
}

interface Outcome {
  readonly events: readonly ModelEvent[];
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly last: ModelEvent | undefined;
  readonly reason: string | undefined;
  readonly usage: Usage | undefined;
}

async function ask(turns: string | readonly Turn[], options: Partial<ModelCall> = {}): Promise<Outcome> {
  const events = await Array.fromAsync(model(callOf(turns, options), new AbortController().signal));
  const joined = (type: "text" | "thinking" | "refusal"): string =>
    events.map((event) => (event.type === type ? event.text : "")).join("");
  const starts = events.filter((event) => event.type === "tool_call");
  const fragments = events.filter((event) => event.type === "tool_call_arguments");
  const last = events.at(-1);
  return {
    events,
    text: joined("text"),
    thinking: joined("thinking"),
    refusal: joined("refusal"),
    calls: starts.map(({ id, name, index }) => ({
      id,
      name,
      arguments: fragments
        .filter((part) => part.index === index)
        .map((part) => part.fragment)
        .join(""),
    })),
    last,
    reason: last?.type === "finish" ? last.reason : undefined,
    usage: last?.type === "finish" ? last.usage : undefined,
  };
}

test("there is one built-in model, and an unknown id is undefined", () => {
  expect(builtinModelIds).toEqual(["assistant"]);
  expect(getBuiltinModel("gpt-5")).toBeUndefined();
  expect(getBuiltinModel("toString")).toBeUndefined();
});

// ── Plain words ─────────────────────────────────────────────────────────────

test("it introduces itself, quotes the message and points to its help", async () => {
  const { text, reason } = await ask("hello");
  expect(text).toBe(
    "I am the gateway's built-in model: a small program that answers by fixed rules, not a language model. You wrote: “hello” /help lists what I can do.",
  );
  expect(reason).toBe("stop");
});

test("the same call has the same events", async () => {
  const options = { thinking: "high", tools: [weather] } as const;
  expect((await ask("use get_weather", options)).events).toEqual(
    (await ask("use get_weather", options)).events,
  );
});

test("a conversation without a message gets a reply too", async () => {
  expect((await ask([])).text).toContain("You wrote nothing.");
});

test.each([
  ["repeat: one two", "one two"],
  ["Repeat after me: one two", "one two"],
  ["say hello there", "hello there"],
  ["Please say “hello there”.", "hello there"],
  ["Say exactly: ok", "ok"],
  ["say one\ntwo", "one\ntwo"],
])("it repeats text on request: %j", async (message, expected) => {
  expect((await ask(message)).text).toBe(expected);
});

test("text streams word by word", async () => {
  const { events } = await ask("say the quick brown fox");
  expect(events.slice(0, -1)).toEqual([
    { type: "text", text: "the" },
    { type: "text", text: " quick" },
    { type: "text", text: " brown" },
    { type: "text", text: " fox" },
  ]);
});

test("it counts images and says that it cannot see them", async () => {
  const { text } = await ask([{ role: "user", content: [{ type: "text", text: "look" }, image, image] }]);
  expect(text).toContain("You sent 2 images, which I cannot see.");
});

// ── Memory ──────────────────────────────────────────────────────────────────

test.each([
  ["my name is Ada", "what is my name?", "Your name is Ada."],
  ["Hi! My name is Ada Lovelace.", "Do you remember my name?", "Your name is Ada Lovelace."],
  ["call me Ada", "What's my name?", "Your name is Ada."],
  ["My dog's name is Rex, by the way", "tell me my dog's name", "Your dog's name is Rex."],
  [
    "my name is Ada and my colour is blue",
    "what is my name and my colour?",
    "Your name is Ada. Your colour is blue.",
  ],
  ["Remember that the door code is 4711.", "What is the door code?", "The door code is 4711."],
  [
    "remember that we meet at nine",
    "what did I ask you to remember?",
    "You asked me to remember:\n- we meet at nine",
  ],
  ["the first thing", "what did I say?", "You said:\n- the first thing"],
  ["my name is Ada", "Summarize the conversation.", "The user said:\n- my name is Ada"],
  ["hello", "what is my name?", "You have not told me your name."],
])("after %j, it replies to %j with %j", async (statement, question, answer) => {
  const first = await ask(statement);
  expect((await ask([user(statement), assistant(first.text), user(question)])).text).toBe(answer);
});

test("the latest statement wins", async () => {
  const turns = [
    user("my name is Ada"),
    assistant("Hello."),
    user("my name is Bob"),
    user("what is my name?"),
  ];
  expect((await ask(turns)).text).toBe("Your name is Bob.");
});

test("its own summary keeps the facts", async () => {
  const { text } = await ask([user("my name is Ada"), user("summarise")]);
  expect((await ask([assistant(text), user("what is my name?")])).text).toBe("Your name is Ada.");
});

test.each(["what ", "my a ", "the a is ", "what did I say ", "/slow 1s\n", "/tool x\n", "say '", " "])(
  "a message of 200 000 times %j is cheap",
  async (words) => {
    const { events } = await ask(words.repeat(2e5), { maxOutputTokens: 1, tools: [clock] });
    expect(events.length).toBeLessThan(3);
  },
);

test("it confirms what it will remember", async () => {
  expect((await ask("my name is Ada")).text).toBe("I will remember that: Your name is Ada.");
});

// ── Tools ───────────────────────────────────────────────────────────────────

test("a tool that the message asks for is called with arguments of its schema, in fragments", async () => {
  const { events, calls, reason } = await ask("Please use the get_weather tool.", {
    tools: [clock, weather],
  });
  expect(calls).toEqual([{ id: "call_1", name: "get_weather", arguments: '{"city":"example","days":1}' }]);
  expect(events.filter((event) => event.type === "tool_call_arguments").length).toBeGreaterThan(2);
  expect(reason).toBe("tool_calls");
});

test.each([
  ["run clock", ["clock"]],
  ["use 'clock'", ["clock"]],
  ["Call the weather tool get_weather, please", ["get_weather"]],
  ["use clock, then call get_weather", ["clock", "get_weather"]],
  ["what does the clock say? run the tests", []],
  ["use the tests and build a clock", []],
  ["/length 1", []],
])("for %j it makes the calls %j", async (message, names) => {
  const { calls } = await ask(message, { tools: [clock, weather] });
  expect(calls.map((call) => call.name)).toEqual(names);
});

test("the tool choice is respected", async () => {
  const tools = [clock, weather];
  const names = async (message: string, options: Partial<ModelCall>): Promise<readonly string[]> =>
    (await ask(message, { tools, ...options })).calls.map((call) => call.name);
  expect(await names("hello", { toolChoice: "required" })).toEqual(["clock"]);
  expect(await names("use get_weather", { toolChoice: "required" })).toEqual(["get_weather"]);
  expect(await names("use clock", { toolChoice: { name: "get_weather" } })).toEqual(["get_weather"]);
  expect(await names("/tool clock", { toolChoice: { name: "get_weather" } })).toEqual(["get_weather"]);
  expect(await names("use clock", { toolChoice: "none" })).toEqual([]);
  expect(await names("use clock and run get_weather", { parallelToolCalls: false })).toEqual(["clock"]);
});

test("after tool results, tool choice required makes another call with a new id", async () => {
  const { calls } = await ask(turnsWithCall("use clock", "noon"), { tools: [clock], toolChoice: "required" });
  expect(calls).toEqual([{ id: "call_2", name: "clock", arguments: "{}" }]);
});

test("/tool calls with exactly the arguments on its line", async () => {
  const message = '/tool get_weather {"city":  "Oslo", "extra": [1]}';
  const { calls } = await ask(message, { tools: [weather] });
  expect(calls).toEqual([
    { id: "call_1", name: "get_weather", arguments: '{"city":  "Oslo", "extra": [1]}' },
  ]);
});

test("several /tool lines are several calls in one step, and only one without parallel calls", async () => {
  const message = '/tool clock\n/tool get_weather {"city": "Oslo"}\n/tool clock {"zone": "UTC"}';
  const tools = [clock, weather];
  const { calls, events } = await ask(message, { tools });
  expect(calls).toEqual([
    { id: "call_1", name: "clock", arguments: "{}" },
    { id: "call_2", name: "get_weather", arguments: '{"city": "Oslo"}' },
    { id: "call_3", name: "clock", arguments: '{"zone": "UTC"}' },
  ]);
  expect(events.filter((event) => event.type === "tool_call").map((event) => event.index)).toEqual([0, 1, 2]);
  expect((await ask(message, { tools, parallelToolCalls: false })).calls).toHaveLength(1);
});

test.each([
  [
    "/tool clock {oops",
    "auto",
    "/tool NAME {…}: what follows NAME is not a JSON object. /help lists what I know.",
  ],
  [
    "/tool clock [1]",
    "auto",
    "/tool NAME {…}: what follows NAME is not a JSON object. /help lists what I know.",
  ],
  ["/tool", "auto", "/tool NAME {…}: NAME is missing. /help lists what I know."],
  ["/tool nope {}", "auto", "The tool nope is not offered to me. Offered: clock."],
  ["/tool clock {}", "none", "I may not call clock: the request's tool choice is none."],
] as const)("%j with tool choice %s gets a text reply", async (message, toolChoice, text) => {
  const outcome = await ask(message, { tools: [clock], toolChoice });
  expect(outcome.text).toBe(text);
  expect(outcome.calls).toEqual([]);
});

test("after tool results, it replies with them, whatever the message asked for", async () => {
  const options = { tools: [clock] };
  expect((await ask(turnsWithCall("use clock", "noon"), options)).text).toBe("clock returned: noon");
  expect((await ask(turnsWithCall("/tool clock {}", "noon"), options)).text).toBe("clock returned: noon");
});

test("with /tool, the other commands and the text apply to the reply after the results", async () => {
  const message = "/tool clock\n/think Hm\nIt is late.";
  expect((await ask(message, { tools: [clock] })).text).toBe("");
  const after = await ask(turnsWithCall(message, "noon"), { tools: [clock] });
  expect([after.thinking, after.text]).toEqual(["Hm", "It is late."]);
  const failed = await ask(turnsWithCall("/tool clock\n/error 500", "noon"), { tools: [clock] });
  expect(failed.events).toMatchObject([{ type: "error" }]);
});

// ── Formats, limits, usage ──────────────────────────────────────────────────

test("a response schema gets JSON that matches it", async () => {
  const schema = {
    type: "object",
    properties: { answer: { type: "string" }, sure: { type: "boolean" } },
    required: ["answer", "sure"],
  };
  const responseFormat = { type: "json_schema", name: "reply", schema } as const;
  const { text } = await ask([user("my name is Ada"), user("what is my name?")], { responseFormat });
  expect(JSON.parse(text)).toEqual({ answer: "Your name is Ada.", sure: false });
});

test("the format json_object gets a JSON object, the user's own if the text is one", async () => {
  const responseFormat = { type: "json_object" } as const;
  expect((await ask("say hi", { responseFormat })).text).toBe('{"answer":"hi"}');
  expect((await ask('say {"a": 1}', { responseFormat })).text).toBe('{"a": 1}');
  expect((await ask("/empty", { responseFormat })).text).toBe("");
});

test("the output limit truncates only longer replies, after that many tokens", async () => {
  const cut = await ask("say one two three", { maxOutputTokens: 2 });
  expect([cut.text, cut.reason, cut.usage?.output]).toEqual(["one two", "length", 2]);
  const truncated = await ask("say one two three", { maxOutputTokens: 3 });
  expect([truncated.text, truncated.reason]).toEqual(["one two three", "stop"]);
  const inThought = await ask("say one", { maxOutputTokens: 2, thinking: "low" });
  expect([inThought.text, inThought.reason, inThought.usage?.reasoning]).toEqual(["", "length", 2]);
});

test.each([
  [["three"], "one two "],
  [["two three"], "one "],
  [["ne t"], "o"],
  [["e f", "o th"], "one tw"],
  [["four five"], "one two three four"],
  [["", "nothing"], "one two three four"],
])("with the stop sequences %j the text ends before the first match", async (stop, text) => {
  const outcome = await ask("say one two three four", { stop });
  expect([outcome.text, outcome.reason]).toEqual([text, "stop"]);
});

test("text kept for a possible stop sequence is emitted when the reply is cut", async () => {
  expect((await ask("/cut one two", { stop: ["two three"] })).text).toBe("one two");
  expect((await ask("say one two", { stop: ["one two three"], maxOutputTokens: 1 })).text).toBe("one");
});

test("usage counts tokens of up to eight characters, images, calls and thinking", async () => {
  const { usage } = await ask(
    [{ role: "user", content: [{ type: "text", text: "/think one two\nincomprehensible answer" }, image] }],
    { system: "You are a test." },
  );
  expect(usage).toEqual({ input: 4 + 6 + 256, output: 2 + 3, cached: 0, cacheWrite: 0, reasoning: 2 });
  const call = await ask("/tool clock {}", { tools: [clock] });
  expect(call.usage?.output).toBe(2);
});

test("it thinks when the call requests it", async () => {
  const { events, thinking, usage } = await ask("hello", { thinking: "low" });
  expect(thinking).toBe("I look for a command, then for a rule that fits.");
  expect(events[0]?.type).toBe("thinking");
  expect(usage?.reasoning).toBe(events.filter((event) => event.type === "thinking").length);
  expect((await ask("hello", { thinking: "off" })).thinking).toBe("");
  expect((await ask("hello")).thinking).toBe("");
});

// ── Commands ────────────────────────────────────────────────────────────────

test.each([
  ["400", "upstream_rejected"],
  ["401", "upstream_auth"],
  ["403", "upstream_auth"],
  ["429", "rate_limit_exceeded"],
  ["500", "upstream_error"],
  ["502", "upstream_error"],
  ["503", "upstream_error"],
  ["529", "upstream_error"],
])("/error %s fails with %s before any content", async (status, code) => {
  const { events } = await ask(`/error ${status}`, {
    thinking: "high",
    toolChoice: "required",
    tools: [clock],
  });
  expect(events).toMatchObject([{ type: "error", error: { code, retryAfterSeconds: undefined } }]);
});

test("/error accepts seconds to wait, and words to emit first", async () => {
  expect((await ask("/error 429 5")).events).toMatchObject([{ error: { retryAfterSeconds: 5 } }]);
  const late = await ask("/error 503 7 after 2 one two three");
  expect(late.text).toBe("one two");
  expect(late.last).toMatchObject({ type: "error", error: { code: "upstream_error", retryAfterSeconds: 7 } });
  expect((await ask("/error 500 one two")).text).toBe("one two");
});

test("/cut ends without a finish", async () => {
  expect((await ask("/cut")).events.map((event) => event.type)).toEqual(["text", "text", "text"]);
  expect((await ask("/cut after 0")).events).toEqual([]);
  expect((await ask("/cut after 2 one two three")).text).toBe("one two");
});

test("/length counts, /empty sends no text, /refuse sends a refusal, /filter ends with content_filter", async () => {
  expect((await ask("/length 5")).text).toBe("1 2 3 4 5");
  expect((await ask("/length 0")).text).toBe("");
  expect((await ask("/empty", { thinking: "high" })).events).toMatchObject([
    { type: "finish", reason: "stop" },
  ]);
  expect(await ask("/refuse")).toMatchObject({
    refusal: "I refuse, as you asked me to.",
    text: "",
    reason: "stop",
  });
  expect((await ask("/refuse Not that.")).refusal).toBe("Not that.");
  expect(await ask("/filter one two")).toMatchObject({ text: "one two", reason: "content_filter" });
});

test("/think thinks, then replies with the text below it", async () => {
  expect(await ask("/think Hm, well\nYes.")).toMatchObject({ thinking: "Hm, well", text: "Yes." });
  expect(await ask("/think Hm")).toMatchObject({ thinking: "Hm", text: "I have thought." });
});

test("/slow pauses between words", async () => {
  const started = performance.now();
  expect((await ask("/slow 30ms one two three")).text).toBe("one two three");
  expect(performance.now() - started).toBeGreaterThan(50);
  expect((await ask("/slow 0s")).text).toBe("1 2 3 4 5 6 7 8 9 10");
});

test("commands combine, one per line", async () => {
  const both = await ask("/slow 1ms\n/error 429 3 after 2\n/think Hm\n/length 100");
  expect([both.thinking, both.text]).toEqual(["Hm", "1 2"]);
  expect(both.last).toMatchObject({ error: { code: "rate_limit_exceeded" } });
});

test("a line that is not a command starts the text", async () => {
  expect((await ask("/slow 1ms one\n/home is a path\n/length 3")).text).toBe(
    "one\n/home is a path\n/length 3",
  );
});

test.each([
  ["/dance", "I do not know /dance."],
  [
    "/error 418",
    "/error STATUS [SECONDS] [after N] [TEXT]: STATUS is one of 400, 401, 403, 429, 500, 502, 503, 529.",
  ],
  ["/slow fast", "/slow PAUSE [TEXT]: PAUSE is for instance 50ms or 2s."],
  ["/length many", "/length N: N is a whole number below a billion."],
  ["/think", "/think THOUGHT: THOUGHT is missing."],
])("the reply to %j explains the correct usage", async (message, complaint) => {
  expect((await ask(message)).text).toBe(`${complaint} /help lists what I know.`);
});

test("a path is not a command", async () => {
  expect((await ask("/home/ada/notes.txt is broken")).text).toContain(
    "You wrote: “/home/ada/notes.txt is broken”",
  );
});

// ── Aborting ────────────────────────────────────────────────────────────────

test.each([
  ["/stall", ""],
  ["/stall after 3 one two three four", "one two three"],
  ["/slow 999s one two", "one"],
])(
  "%j sends nothing more until it is aborted, and leaves no timer or listener",
  async (message, expected) => {
    const aborting = new AbortController();
    const events = model(callOf(message), aborting.signal)[Symbol.asyncIterator]();
    let text = "";
    while (text !== expected) {
      const { value } = await events.next();
      if (value?.type !== "text") throw new Error(`It said only ${JSON.stringify(text)}.`);
      text += value.text;
    }
    const next = events.next();
    expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 50, "silence"))])).toBe(
      "silence",
    );
    aborting.abort();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(getEventListeners(aborting.signal, "abort")).toEqual([]);
  },
);

test("a call with an aborted signal yields nothing", async () => {
  expect(await Array.fromAsync(model(callOf("hello"), AbortSignal.abort()))).toEqual([]);
});

test("a long reply does not block the event loop, so an abort is seen while it runs", async () => {
  const aborting = new AbortController();
  setImmediate(() => aborting.abort());
  const events = await Array.fromAsync(model(callOf("/length 999999"), aborting.signal));
  expect(events.length).toBeLessThan(10_000);
});

// ── Documentation ───────────────────────────────────────────────────────────

const page = await readFile(new URL("../../docs/builtin-model.md", import.meta.url), "utf8");

test("/help and the document list the same commands", async () => {
  const { text } = await ask("/help");
  const [, ...listedCommands] = text.split("\n").map((line) => line.split(" – ")[0]);
  const documented = [...page.matchAll(/^\| `(\/[^`]+)` +\|/gm)].map(([, usage]) => usage);
  expect(listedCommands).toHaveLength(11);
  expect(documented).toEqual(listedCommands);
});

test("the conversation in the document gets the documented reply", async () => {
  const body = JSON.parse(/-d '(.+?)'/s.exec(page)?.[1] ?? "") as {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
  const turns = body.messages.map(({ role, content }) =>
    role === "user" ? user(content) : assistant(content),
  );
  expect((await ask(turns)).text).toBe(/```text\n(.+?)\n```/s.exec(page)?.[1]);
});
