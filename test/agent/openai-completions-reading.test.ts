/** Replies as events: the same from a stream, however it is split, and from an unstreamed reply. */
import { setImmediate as turn } from "node:timers/promises";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import {
  createModelCall,
  collectModelEvents,
  createCompletionsModel,
} from "../support/providers/openai-completions.ts";
import {
  completionChunk,
  sseFrames,
  jsonResponse,
  stall,
  startScriptedProvider,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

const unstreamedCall = createModelCall({ stream: false });

async function read(answer: ScriptedResponse, call = createModelCall()): Promise<readonly ModelEvent[]> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  return await collectModelEvents(createCompletionsModel(provider.baseUrl), call);
}

const readChunks = (...chunks: readonly unknown[]): Promise<readonly ModelEvent[]> =>
  read(sseResponse(sseFrames(...chunks)));

const call = (index: number | undefined, id: string | undefined, name?: string, args?: unknown): object => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }],
});

const finish = { type: "finish", reason: "stop", usage: undefined };
const finishCalls = { ...finish, reason: "tool_calls" };
const callEvent = (index: number, id: string, name: string): object => ({
  type: "tool_call",
  index,
  id,
  name,
});
const argumentsEvent = (index: number, fragment: string): object => ({
  type: "tool_call_arguments",
  index,
  fragment,
});

const usage = {
  prompt_tokens: 12,
  completion_tokens: 7,
  total_tokens: 19,
  prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};
const expectedUsage = { input: 12, output: 7, cached: 4, cacheWrite: 2, reasoning: 3 };

test("text, thinking and refusals keep their order, and usage comes with the finish event", async () => {
  const events = await readChunks(
    completionChunk({ role: "assistant", content: "" }),
    completionChunk({ reasoning_content: "hm" }),
    completionChunk({ reasoning: "so" }),
    completionChunk({ content: "Hel" }),
    completionChunk({ content: "lo" }),
    completionChunk({ refusal: "No." }),
    completionChunk({}, "length"),
    { ...completionChunk({}), choices: [], usage },
  );
  expect(events).toEqual([
    { type: "thinking", text: "hm" },
    { type: "thinking", text: "so" },
    { type: "text", text: "Hel" },
    { type: "text", text: "lo" },
    { type: "refusal", text: "No." },
    { type: "finish", reason: "length", usage: expectedUsage },
  ]);
});

test("usage may be in the last chunk, and null in all others", async () => {
  const events = await readChunks(
    { ...completionChunk({ content: "a" }), usage: null },
    { ...completionChunk({}, "stop"), usage },
  );
  expect(events.at(-1)).toEqual({ ...finish, usage: expectedUsage });
});

test("thinking may be sent in both fields at once, and is read once", async () => {
  const events = await readChunks(
    completionChunk({ reasoning_content: "hm", reasoning: "hm" }),
    completionChunk({}, "stop"),
  );
  expect(events).toEqual([{ type: "thinking", text: "hm" }, finish]);
});

test("content may be a list of parts that includes thinking", async () => {
  const thinking = [{ type: "text", text: "hm" }];
  const content = [
    { type: "thinking", thinking },
    { type: "text", text: "Hi" },
  ];
  expect(await readChunks(completionChunk({ content }), completionChunk({}, "stop"))).toEqual([
    { type: "thinking", text: "hm" },
    { type: "text", text: "Hi" },
    finish,
  ]);
});

test.for([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
  ["eos", "stop"],
  ["max_tokens", "length"],
  ["MAX_TOKENS", "length"],
  ["model_length", "length"],
  ["sensitive", "content_filter"],
  ["SAFETY", "content_filter"],
  ["content-filter", "content_filter"],
  ["tool_use", "tool_calls"],
])("finish reason %s is %s", async ([theirs, ours]) => {
  expect(await readChunks(completionChunk({ content: "a" }, ""), completionChunk({}, theirs))).toEqual([
    { type: "text", text: "a" },
    { ...finish, reason: ours },
  ]);
});

test("a tool call is emitted once, then its arguments in fragments", async () => {
  expect(
    await readChunks(
      completionChunk(call(0, "a", "look", "")),
      completionChunk(call(0, undefined, undefined, '{"x"')),
      completionChunk(call(0, undefined, undefined, ":1}")),
      completionChunk(call(1, "b", "go", "{}")),
      completionChunk({}, "tool_calls"),
    ),
  ).toEqual([
    callEvent(0, "a", "look"),
    argumentsEvent(0, '{"x"'),
    argumentsEvent(0, ":1}"),
    callEvent(1, "b", "go"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test("calls may be interleaved, with any indexes", async () => {
  expect(
    await readChunks(
      completionChunk(call(1, "a", "look")),
      completionChunk(call(4, "b", "go")),
      completionChunk(call(1, undefined, undefined, "1")),
      completionChunk(call(4, undefined, undefined, "2")),
      completionChunk({}, "tool_calls"),
    ),
  ).toEqual([
    callEvent(0, "a", "look"),
    callEvent(1, "b", "go"),
    argumentsEvent(0, "1"),
    argumentsEvent(1, "2"),
    finishCalls,
  ]);
});

const twoCalls = [
  callEvent(0, "a", "look"),
  argumentsEvent(0, "{}"),
  callEvent(1, "b", "go"),
  argumentsEvent(1, "{}"),
  finishCalls,
];

test.for<[string, readonly object[]]>([
  ["whole calls without an index", [call(undefined, "a", "look", "{}"), call(undefined, "b", "go", "{}")]],
  ["whole calls that all have index 0", [call(0, "a", "look", "{}"), call(0, "b", "go", "{}")]],
  ["arguments as an object", [call(0, "a", "look", {}), call(1, "b", "go", {})]],
  [
    "id and name in every fragment",
    [call(0, "a", "look"), call(0, "a", "look", "{}"), call(1, "b", "go", "{}")],
  ],
  [
    "a new id in every fragment",
    [call(0, "a", "look"), call(0, "z", undefined, "{}"), call(1, "b", "go", "{}")],
  ],
  [
    "fragments without an index",
    [
      call(undefined, "a", "look"),
      call(undefined, undefined, undefined, "{}"),
      call(undefined, "b", "go"),
      call(undefined, "b", undefined, "{}"),
    ],
  ],
  [
    "the name after the arguments",
    [call(0, "a", undefined, "{}"), call(0, undefined, "look"), call(1, "b", "go", "{}")],
  ],
  [
    "a new id in every fragment and no index",
    [call(undefined, "a", "look"), call(undefined, "z", undefined, "{}"), call(undefined, "b", "go", "{}")],
  ],
  [
    "arguments on an index that no call has",
    [
      call(0, "a", "look"),
      call(1, undefined, undefined, "{}"),
      call(2, "b", "go"),
      call(3, undefined, undefined, "{}"),
    ],
  ],
  [
    "fragments by id alone",
    [call(undefined, "a", "look"), call(undefined, "a", undefined, "{}"), call(undefined, "b", "go", "{}")],
  ],
  [
    "empty entries",
    [
      call(0, "a", "look"),
      { tool_calls: [null, {}] },
      call(0, undefined, undefined, "{}"),
      call(1, "b", "go", "{}"),
    ],
  ],
  [
    "the same call as function_call too",
    [
      { ...call(0, "a", "look", "{}"), function_call: { name: "look", arguments: "{}" } },
      call(1, "b", "go", "{}"),
    ],
  ],
])("two calls are distinguished: %s", async ([, deltas]) => {
  expect(
    await readChunks(...deltas.map((delta) => completionChunk(delta)), completionChunk({}, "tool_calls")),
  ).toEqual(twoCalls);
});

test("calls without ids get empty ids, and without indexes each name starts a call", async () => {
  expect(
    await readChunks(
      completionChunk(call(undefined, undefined, "look", "{}")),
      completionChunk(call(undefined, undefined, "look", "{}")),
      completionChunk({}, "stop"),
    ),
  ).toEqual([
    callEvent(0, "", "look"),
    argumentsEvent(0, "{}"),
    callEvent(1, "", "look"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test.for<[string, readonly object[]]>([
  ["one index", [call(0, undefined, "look", "{}"), call(0, undefined, "go", "{}")]],
  [
    "one index, the arguments in fragments",
    [call(0, undefined, "look", ""), call(0, undefined, undefined, "{}"), call(0, undefined, "go", "{}")],
  ],
  ["no index", [call(undefined, undefined, "look", "{}"), call(undefined, undefined, "go", "{}")]],
])("two calls without ids are distinguished: %s", async ([, deltas]) => {
  expect(
    await readChunks(...deltas.map((delta) => completionChunk(delta)), completionChunk({}, "tool_calls")),
  ).toEqual(twoCalls.map((event) => ("id" in event ? { ...event, id: "" } : event)));
});

test.for(["", "a"])(
  "one name and one index: calls are told apart by complete arguments, with id '%s'",
  async (id) => {
    const text = '{"x":"}\\"{"}';
    expect(
      await readChunks(
        ...[text.slice(0, 5), text.slice(5), text].map((args) => completionChunk(call(0, id, "look", args))),
        completionChunk({}, "tool_calls"),
      ),
    ).toEqual([
      callEvent(0, id, "look"),
      argumentsEvent(0, text.slice(0, 5)),
      argumentsEvent(0, text.slice(5)),
      callEvent(1, id, "look"),
      argumentsEvent(1, text),
      finishCalls,
    ]);
  },
);

test("each entry of a whole reply is a call, also with one id and one index for all", async () => {
  const entry = (name: string): object => ({ index: 0, id: "a", function: { name, arguments: "{}" } });
  const message = { content: null, tool_calls: [entry("look"), entry("look")] };
  expect(await read(jsonResponse({ choices: [{ message }] }), unstreamedCall)).toEqual([
    callEvent(0, "a", "look"),
    argumentsEvent(0, "{}"),
    callEvent(1, "a", "look"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test("the deprecated function_call is a call", async () => {
  expect(
    await readChunks(
      completionChunk({ function_call: { name: "look", arguments: "" } }),
      completionChunk({ function_call: { arguments: "{}" } }),
      completionChunk({}, "function_call"),
    ),
  ).toEqual([callEvent(0, "", "look"), argumentsEvent(0, "{}"), finishCalls]);
});

test("a call without a name is an error", async () => {
  const events = await readChunks(
    completionChunk(call(0, "a", undefined, "{}")),
    completionChunk({}, "tool_calls"),
  );
  expect(events).toMatchObject([{ type: "error", error: { code: "upstream_protocol" } }]);
});

test("comments, CRLF, a byte order mark, empty events and other fields are not content", async () => {
  const text = sseFrames(completionChunk({ content: "Grüße 👋" }), completionChunk({}, "stop"));
  const decorated = `\uFEFF: hello\r\n\r\nretry: 10\r\ndata:\r\n\r\n${text.replaceAll("\n", "\r\n")}`;
  expect(await read(sseResponse(decorated))).toEqual([{ type: "text", text: "Grüße 👋" }, finish]);
});

test.for([1, 2, 3, 7])("a stream in chunks of %i bytes gives the same events", async (every) => {
  const text = `: hi\r\n\r\n${sseFrames(completionChunk({ content: "Grüße 👋 日本" }), completionChunk(call(0, "a", "look", "{}")), completionChunk({}, "stop"))}`;
  expect(await read(sseResponse({ send: text, every }))).toEqual([
    { type: "text", text: "Grüße 👋 日本" },
    callEvent(0, "a", "look"),
    argumentsEvent(0, "{}"),
    finishCalls,
  ]);
});

test("a stream may end after its finish reason without [DONE], even without the last blank line", async () => {
  const text = sseFrames(completionChunk({ content: "a" }), completionChunk({}, "stop")).replace(
    "\n\ndata: [DONE]\n\n",
    "",
  );
  expect(await read(sseResponse(text))).toEqual([{ type: "text", text: "a" }, finish]);
});

test("an unstreamed reply gives the events of a stream", async () => {
  const message = {
    role: "assistant",
    content: "Hello",
    reasoning_content: "hm",
    refusal: null,
    tool_calls: [{ id: "a", type: "function", function: { name: "look", arguments: "{}" } }],
  };
  const reply = {
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: "tool_calls" }],
    usage,
  };
  expect(await read(jsonResponse(reply), unstreamedCall)).toEqual([
    { type: "thinking", text: "hm" },
    { type: "text", text: "Hello" },
    callEvent(0, "a", "look"),
    argumentsEvent(0, "{}"),
    { ...finishCalls, usage: expectedUsage },
  ]);
});

test("an unstreamed reply to a streamed call is read as one", async () => {
  const reply = { choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] };
  expect(await read(jsonResponse(reply))).toEqual([{ type: "text", text: "Hello" }, finish]);
});

test("an unstreamed reply needs no finish reason", async () => {
  expect(await read(jsonResponse({ choices: [{ message: { content: "Hello" } }] }), unstreamedCall)).toEqual([
    { type: "text", text: "Hello" },
    finish,
  ]);
});

test("complete responses of both kinds leave their connection for the next call", async () => {
  await using provider = await startScriptedProvider();
  const model = createCompletionsModel(provider.baseUrl);
  const stream = sseResponse(sseFrames(completionChunk({ content: "a" }), completionChunk({}, "stop")));
  const slowToEnd = sseResponse(sseFrames(completionChunk({}, "stop")), { waitMs: 5 });
  provider.script(stream, jsonResponse({ choices: [{ message: { content: "b" } }] }), slowToEnd, stream);
  for (const modelCall of [createModelCall(), unstreamedCall, createModelCall(), createModelCall()]) {
    for await (const event of model(modelCall, new AbortController().signal))
      if (event.type === "finish") break;
    // undici reuses a connection one turn of the event loop later.
    await turn();
  }
  expect(provider.requests()).toHaveLength(4);
  expect(provider.connections()).toBe(1);
});

test("a server that keeps the response open after [DONE] does not delay the reply", async () => {
  const text = sseFrames(completionChunk({ content: "a" }), completionChunk({}, "stop"));
  expect(await read(sseResponse(text, stall))).toEqual([{ type: "text", text: "a" }, finish]);
});

const a = completionChunk({ content: "a" });
const b = completionChunk({ content: "b" });
const stop = completionChunk({}, "stop");
const textEvents = [{ type: "text", text: "a" }, { type: "text", text: "b" }, finish];

test.for<[string, string]>([
  ["null", "null"],
  ["an empty object", "{}"],
  ["an empty list", "[]"],
  ["no choices", '{"id":"x","object":"chat.completion.chunk"}'],
  ["choices that are null", '{"choices":null}'],
  ["a choice that is null", '{"choices":[null]}'],
  ["a choice without a delta", '{"choices":[{"index":0}]}'],
  ["a delta that is null", '{"choices":[{"index":0,"delta":null,"finish_reason":null}]}'],
  ["a ping", '{"type":"ping"}'],
  ["a cost", '{"cost":"0.1"}'],
  ["an error that is null", '{"error":null}'],
  ["a word that keeps the connection alive", "ping"],
])(
  "an event that says nothing is skipped, first, between, and after the finish reason: %s",
  async ([, data]) => {
    const events = [data, JSON.stringify(a), data, JSON.stringify(b), JSON.stringify(stop), data, "[DONE]"];
    expect(await read(sseResponse(...events.map((text) => `data: ${text}\n\n`)))).toEqual(textEvents);
  },
);

test("[DONE] without a finish reason completes text and calls", async () => {
  expect(await readChunks(a, b)).toEqual(textEvents);
  expect(await readChunks(completionChunk(call(0, "a", "look", "{}")))).toEqual([
    ...twoCalls.slice(0, 2),
    finishCalls,
  ]);
});

const completion = {
  object: "chat.completion",
  choices: [{ message: { content: "ab" }, finish_reason: "stop" }],
};

test.for([
  "text/event-stream",
  "text/plain; charset=utf-8",
  "application/json",
  "application/octet-stream",
  "text/html",
  "",
])("a stream and a whole reply are read under the label '%s', for calls of both kinds", async (type) => {
  const answer = (text: string, every: number): ScriptedResponse => ({
    headers: type === "" ? {} : { "content-type": type },
    steps: [{ send: text, every }],
  });
  for (const every of [1, 10_000]) {
    for (const modelCall of [createModelCall(), unstreamedCall]) {
      for (const start of ["", "\n\n", "\uFEFF"]) {
        const stream = answer(start + sseFrames(a, b, stop), every);
        expect(await read(stream, modelCall)).toEqual(textEvents);
        const reply = answer(start + JSON.stringify(completion), every);
        expect(await read(reply, modelCall)).toEqual([{ type: "text", text: "ab" }, finish]);
      }
    }
  }
});

test.for(["\n", "\r\n"])("data lines with single line breaks are events: %j", async (lineBreak) => {
  const text = sseFrames(a, b, stop).replaceAll("\n\n", lineBreak);
  for (const every of [1, 7, 10_000])
    expect(await read(sseResponse({ send: text, every }))).toEqual(textEvents);
});

test("a line without a blank line after it is sent on with the next line, not at the end", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(sseFrames(a, b).replaceAll("\n\n", "\n").replace("data: [DONE]\n", ""), stall));
  const abort = new AbortController();
  for await (const event of createCompletionsModel(provider.baseUrl)(createModelCall(), abort.signal)) {
    expect(event).toEqual({ type: "text", text: "a" });
    abort.abort();
  }
});

const compressions: readonly (readonly [string, string, (text: string) => Uint8Array])[] = [
  ["gzip", "gzip", (text) => gzipSync(text)],
  ["br", "br", (text) => brotliCompressSync(text)],
  ["deflate", "deflate", (text) => deflateSync(text)],
  ["deflate without the header of zlib", "deflate", (text) => deflateRawSync(text)],
  ["zstd", "zstd", (text) => zstdCompressSync(text)],
  ["a label alone", "gzip", (text) => Buffer.from(text)],
  ["identity", "identity", (text) => Buffer.from(text)],
];
test.for(compressions)("a compressed answer is read: %s", async ([, encoding, compress]) => {
  const answer = (type: string, text: string, status = 200): ScriptedResponse => ({
    status,
    headers: { "content-type": type, "content-encoding": encoding },
    steps: [compress(text).subarray(0, 9), { waitMs: 5 }, compress(text).subarray(9)],
  });
  expect(await read(answer("text/event-stream", sseFrames(a, b, stop)))).toEqual(textEvents);
  const reply = answer("application/json", JSON.stringify(completion));
  expect(await read(reply, unstreamedCall)).toEqual([{ type: "text", text: "ab" }, finish]);
  const rejection = answer("application/json", JSON.stringify({ error: { message: "Theirs." } }), 400);
  expect(await read(rejection)).toMatchObject([
    { type: "error", error: { message: expect.stringContaining("Theirs.") as string } },
  ]);
});

test.for<[string, object]>([
  ["in the choice", { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] }],
  ["in x_groq", { ...stop, x_groq: { id: "x", usage } }],
])("usage is read %s, streamed and unstreamed", async ([, last]) => {
  const events = await readChunks(a, last);
  expect(events.at(-1)).toEqual({ ...finish, usage: expectedUsage });
  const reply = { ...last, choices: [{ message: { content: "a" }, finish_reason: "stop", usage }] };
  expect((await read(jsonResponse(reply), unstreamedCall)).at(-1)).toEqual({
    ...finish,
    usage: expectedUsage,
  });
});

test.for([
  {},
  { total_tokens: null },
  { prompt_tokens: null, completion_tokens: null },
  { prompt_tokens: -1 },
])("usage without counts is absent, and replaces no other: %j", async (empty) => {
  expect((await readChunks(a, { ...stop, usage: empty })).at(-1)).toEqual(finish);
  const events = await readChunks(a, { ...stop, usage }, { choices: [], usage: empty });
  expect(events.at(-1)).toEqual({ ...finish, usage: expectedUsage });
});

test("a whole message at the end of a stream repeats nothing, and adds what is new", async () => {
  expect(await readChunks(a, b, completion)).toEqual(textEvents);
  const message = { content: "ab", tool_calls: [{ id: "a", function: { name: "look", arguments: "{}" } }] };
  const end = { choices: [{ message, finish_reason: "tool_calls" }], usage };
  expect(await readChunks(a, b, end)).toEqual([
    ...textEvents.slice(0, 2),
    ...twoCalls.slice(0, 2),
    { ...finishCalls, usage: expectedUsage },
  ]);
  expect(await readChunks(completionChunk(call(0, "a", "look", "{}")), end)).toEqual([
    ...twoCalls.slice(0, 2),
    { type: "text", text: "ab" },
    { ...finishCalls, usage: expectedUsage },
  ]);
});

test.for(["reasoning_content", "reasoning", "reasoning_text", "reasoning_details"])(
  "%s is thinking",
  async (field) => {
    const value = field === "reasoning_details" ? [{ type: "reasoning.text", text: "hm" }] : "hm";
    expect(await readChunks(completionChunk({ [field]: value }), stop)).toEqual([
      { type: "thinking", text: "hm" },
      finish,
    ]);
  },
);

test.for(["", "/", "/chat/completions", "/chat/completions/", "/chat/completions?version=1"])(
  "the base address may end in '%s'",
  async (ending) => {
    await using provider = await startScriptedProvider();
    provider.script(jsonResponse(completion));
    await collectModelEvents(createCompletionsModel(provider.baseUrl + ending), unstreamedCall);
    const query = ending.includes("?") ? "?version=1" : "";
    expect(provider.requests().map(({ path }) => path)).toEqual([`/v1/chat/completions${query}`]);
  },
);
