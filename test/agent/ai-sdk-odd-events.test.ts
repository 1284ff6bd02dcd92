/** Streams of servers that leave out events and fields, or have a text in another place than the API says. Each case was reported. */
import { expect, test } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import { captureRequestAfter, joinText, readAnswer, type ApiName } from "../support/providers/ai-sdk.ts";
import { sseResponse } from "../support/providers/scripted-provider.ts";

interface Answer {
  readonly text?: string;
  readonly thinking?: string;
  readonly calls?: readonly (readonly [string, unknown])[];
  readonly reason?: string;
}
type Case = readonly [string, readonly (object | string)[], Answer];

const encode = (events: readonly (object | string)[]): string =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");

const read = async (api: ApiName, events: readonly (object | string)[]): Promise<Answer> =>
  fold(await readAnswer(api, sseResponse(encode(events))));

function fold(events: readonly ModelEvent[]): Answer {
  const last = events.at(-1);
  const calls = events
    .filter((event) => event.type === "tool_call")
    .map(({ index, name }) => {
      const text = events.map((event) =>
        event.type === "tool_call_arguments" && event.index === index ? event.fragment : "",
      );
      return [name, JSON.parse(text.join("") || "{}") as unknown] as const;
    });
  return {
    text: joinText(events),
    thinking: events.map((event) => (event.type === "thinking" ? event.text : "")).join(""),
    calls,
    reason: last?.type === "finish" ? last.reason : JSON.stringify(last),
  };
}

const plain: Answer = { text: "", thinking: "", calls: [], reason: "stop" };
const hello: Answer = { ...plain, text: "Hello" };
const look: Answer = { ...plain, calls: [["look", { at: "A" }]], reason: "tool_calls" };
const args = '{"at":"A"}';

// OpenAI's Responses API
const created = { type: "response.created", response: { id: "r" } };
const completed = (output: readonly object[] | null = [], fields: object = {}): object => ({
  type: "response.completed",
  response: { output, ...fields },
});
const added = (item: object, output_index?: number) => ({
  type: "response.output_item.added",
  item,
  output_index,
});
const done = (item: object, output_index?: number) => ({
  type: "response.output_item.done",
  item,
  output_index,
});
const message = (text?: string, fields: object = { id: "m1" }) => ({
  type: "message",
  role: "assistant",
  content: text === undefined ? [] : [{ type: "output_text", text }],
  ...fields,
});
const call = (text?: unknown, fields: object = { id: "f1", call_id: "c1" }) => ({
  type: "function_call",
  name: "look",
  arguments: text,
  ...fields,
});
const textDelta = (delta: string, fields: object = { item_id: "m1" }) => ({
  type: "response.output_text.delta",
  delta,
  ...fields,
});
const argumentsDelta = (delta: string, fields: object) => ({
  type: "response.function_call_arguments.delta",
  delta,
  ...fields,
});
const argumentsDone = {
  type: "response.function_call_arguments.done",
  item_id: "f1",
  output_index: 0,
  arguments: args,
};
const reasoning = { type: "reasoning", id: "r1", summary: [] };
const thinkingDelta = { type: "response.reasoning_text.delta", item_id: "r1", content_index: 0, delta: "Hm" };
const summaryDelta = {
  type: "response.reasoning_summary_text.delta",
  item_id: "r1",
  summary_index: 0,
  delta: "Hm",
};

const responses: readonly Case[] = [
  [
    "arguments are at the end of their part alone, and the item has none (LM Studio, earendil-works/pi#917)",
    [created, added(call(""), 0), argumentsDone, done(call("{}"), 0), completed([call(args)])],
    look,
  ],
  [
    "arguments are in the item that begins alone",
    [added(call(args), 0), done(call(""), 0), completed()],
    look,
  ],
  ["a call that begins never ends", [added(call(args), 0), completed()], look],
  ["arguments are an object", [added(call(null)), done(call({ at: "A" })), completed()], look],
  ["a call has no beginning", [done(call(args)), completed()], look],
  ["a call is in the response alone", [created, completed([call(args)])], look],
  [
    "a call has another id at the end (vllm-project/vllm#47916)",
    [added(call("")), argumentsDone, done(call(args)), completed([call(args, { id: "x", call_id: "y" })])],
    look,
  ],
  [
    "two calls have no ids at all",
    [
      ...[call(args, {}), call("{}", { name: "walk" })].flatMap((item) => [added(item), done(item)]),
      completed(),
    ],
    {
      ...look,
      calls: [
        ["look", { at: "A" }],
        ["walk", {}],
      ],
    },
  ],
  [
    "two calls have the same item id and index",
    [
      ...[call(args, { id: "f", call_id: "1" }), call("{}", { id: "f", call_id: "2", name: "walk" })].flatMap(
        (item) => [added(item, 0), done(item, 0)],
      ),
      completed(),
    ],
    {
      ...look,
      calls: [
        ["look", { at: "A" }],
        ["walk", {}],
      ],
    },
  ],
  [
    "two calls arrive by turns",
    [
      added(call("", { id: "1", call_id: "1" }), 0),
      added(call("", { id: "2", call_id: "2", name: "walk" }), 1),
      argumentsDelta('{"at":', { item_id: "1", output_index: 0 }),
      argumentsDelta("{", { item_id: "2", output_index: 1 }),
      argumentsDelta('"A"}', { item_id: "rotated", output_index: 0 }),
      argumentsDelta("}", { item_id: "rotated", output_index: 1 }),
      completed(),
    ],
    {
      ...look,
      calls: [
        ["look", { at: "A" }],
        ["walk", {}],
      ],
    },
  ],
  [
    "text has no item (vllm-project/vllm#48274)",
    [created, textDelta("Hel"), textDelta("lo"), completed()],
    hello,
  ],
  [
    "nothing has an id or an index",
    [
      added(message(undefined, {})),
      textDelta("Hello", {}),
      done(message("Hello", {})),
      completed(),
      "[DONE]",
    ],
    hello,
  ],
  ["text is at the end of the item alone", [created, done(message("Hello")), completed()], hello],
  [
    "text is at the end of its part alone",
    [
      added(message()),
      { type: "response.output_text.done", item_id: "m1", content_index: 0, text: "Hello" },
      completed(),
    ],
    hello,
  ],
  ["text is in the response alone", [created, completed([message("Hello")])], hello],
  [
    "text is in all places",
    [added(message("Hello")), textDelta("Hello"), done(message("Hello")), completed([message("Hello")])],
    hello,
  ],
  [
    "fields are null",
    [
      added(message(undefined, { id: null, content: null })),
      textDelta("Hello"),
      completed(null, { usage: null }),
    ],
    hello,
  ],
  [
    "thinking is sent as it is (vllm-project/vllm#35184)",
    [added(reasoning), thinkingDelta, done(reasoning), textDelta("Hello"), completed()],
    { ...hello, thinking: "Hm" },
  ],
  [
    "thinking is sent as it is, and as a summary",
    [
      added(reasoning),
      summaryDelta,
      thinkingDelta,
      done({ ...reasoning, summary: [{ text: "Hm" }] }),
      textDelta("Hello"),
      completed(),
    ],
    { ...hello, thinking: "Hm" },
  ],
  [
    "thinking is at the end of the item alone",
    [
      done({ ...reasoning, content: [{ type: "reasoning_text", text: "Hm" }] }),
      textDelta("Hello"),
      completed(),
    ],
    { ...hello, thinking: "Hm" },
  ],
  [
    "an item, an event and an annotation are of a kind that nobody asked for",
    [
      done({ type: "web_search_call", id: "w", action: { type: "later" } }),
      { type: "response.web_search_call.searching", item_id: "w" },
      added(message()),
      textDelta("Hello"),
      { type: "response.output_text.annotation.added", item_id: "m1", annotation: { type: "later" } },
      completed(),
    ],
    hello,
  ],
  [
    "an incomplete response gives no reason",
    [textDelta("Hello"), { type: "response.incomplete", response: { incomplete_details: null } }],
    { ...hello, reason: "length" },
  ],
  [
    "the last event is response.done, and the status says how it ended",
    [
      textDelta("Hello"),
      {
        type: "response.done",
        response: { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      },
    ],
    { ...hello, reason: "content_filter" },
  ],
];

test.for(responses)("openai-responses: %s", async ([, events, answer]) => {
  expect(await read("openai-responses", events)).toEqual(answer);
});

test("thinking that led to nothing is not sent back: OpenAI rejects it alone", async () => {
  const sealed = { ...reasoning, encrypted_content: "sealed" };
  const details = { incomplete_details: { reason: "max_output_tokens" } };
  const incomplete = encode([done(sealed), { type: "response.incomplete", response: details }]);
  const complete = encode([done(sealed), done(call(args)), completed()]);
  expect(JSON.stringify(await captureRequestAfter("openai-responses", incomplete, "gpt-5"))).not.toContain(
    "sealed",
  );
  expect(JSON.stringify(await captureRequestAfter("openai-responses", complete, "gpt-5"))).toContain(
    "sealed",
  );
});

// Anthropic's Messages API
const start = { type: "message_start", message: {} };
const blockStart = (content_block: object, index?: number) => ({
  type: "content_block_start",
  content_block,
  index,
});
const blockDelta = (delta: object | null, index = 0) => ({ type: "content_block_delta", index, delta });
const stop = { type: "content_block_stop", index: 0 };
const emptyText = { type: "text", text: "" };
const helloDelta = blockDelta({ type: "text_delta", text: "Hello" });
const toolUse = (fields: object) => ({ type: "tool_use", id: "t1", name: "look", input: {}, ...fields });
const input = blockDelta({ type: "input_json_delta", partial_json: args });
const endOf = (stop_reason: string) => ({ type: "message_delta", delta: { stop_reason } });
const end = [endOf("end_turn"), { type: "message_stop" }];
const endOfCalls = [endOf("tool_use"), { type: "message_stop" }];

const messages: readonly Case[] = [
  [
    "text is in the block that begins",
    [
      start,
      blockStart({ type: "text", text: "Hel" }, 0),
      blockDelta({ type: "text_delta", text: "lo" }),
      stop,
      ...end,
    ],
    hello,
  ],
  [
    "nothing follows the finish reason",
    [start, blockStart(emptyText, 0), helloDelta, stop, endOf("end_turn")],
    hello,
  ],
  ["a text has no block", [start, helloDelta, ...end], hello],
  [
    "deltas are null",
    [
      start,
      blockStart(emptyText, 0),
      blockDelta({ type: "text_delta", text: null }),
      blockDelta(null),
      helloDelta,
      stop,
      ...end,
    ],
    hello,
  ],
  [
    "a redacted block has no data",
    [
      start,
      blockStart({ type: "redacted_thinking" }, 0),
      stop,
      blockStart(emptyText, 1),
      helloDelta,
      stop,
      ...end,
    ],
    hello,
  ],
  [
    "thinking is in a text block (BerriAI/litellm#33224)",
    [
      start,
      blockStart(emptyText, 0),
      blockDelta({ type: "thinking_delta", thinking: "Hm" }),
      helloDelta,
      stop,
      ...end,
    ],
    { ...hello, thinking: "Hm" },
  ],
  [
    "arguments are in the block that begins",
    [start, blockStart(toolUse({ input: { at: "A" } }), 0), stop, ...endOfCalls],
    look,
  ],
  [
    "arguments are there as a text",
    [start, blockStart(toolUse({ input: args }), 0), stop, ...endOfCalls],
    look,
  ],
  [
    "arguments are in both places",
    [start, blockStart(toolUse({ input: { at: "A" } }), 0), input, stop, ...endOfCalls],
    look,
  ],
  [
    "two calls have no ids, and their blocks no index",
    [
      start,
      blockStart(toolUse({ id: undefined })),
      input,
      stop,
      blockStart(toolUse({ id: "", name: "walk" })),
      stop,
      ...endOfCalls,
    ],
    {
      ...look,
      calls: [
        ["look", { at: "A" }],
        ["walk", {}],
      ],
    },
  ],
];

test.for(messages)("anthropic-messages: %s", async ([, events, answer]) => {
  expect(await read("anthropic-messages", events)).toEqual(answer);
});

test("thinking that its server has not signed goes back with the call: DeepSeek and Kimi want it", async () => {
  const thinking = blockDelta({ type: "thinking_delta", thinking: "Hm" });
  const stream = [start, blockStart({ type: "thinking", thinking: "" }, 0), thinking, stop];
  const calling = [blockStart(toolUse({}), 1), { ...stop, index: 1 }, ...endOfCalls];
  const body = await captureRequestAfter(
    "anthropic-messages",
    encode([...stream, ...calling]),
    "deepseek-v4",
  );
  expect(body["messages"]).toMatchObject([
    { role: "user" },
    {
      role: "assistant",
      content: [{ type: "thinking", thinking: "Hm", signature: "" }, { type: "tool_use" }],
    },
    { role: "user" },
  ]);
});

test("a repeated field name, JSON that is encoded twice, and a lower-case [done] are read", async () => {
  const events = [
    start,
    blockStart({ type: "text", text: "" }, 0),
    blockDelta({ type: "text_delta", text: "Hello" }),
  ];
  const encoded = events.map((event) => JSON.stringify(JSON.stringify(event)));
  const twice = events.map((event) => `data: ${JSON.stringify(event)}`);
  for (const data of [encoded, twice])
    expect(await read("anthropic-messages", [...data, "[done]"])).toEqual(hello);
});

// Gemini's API
const candidate = (parts: readonly object[] | undefined, fields: object = {}): object => ({
  candidates: [{ content: { role: "model", parts }, ...fields }],
});

const google: readonly Case[] = [
  [
    "a tool that the provider has run itself is not a call of the agent",
    [
      candidate([
        { executableCode: { language: "PYTHON", code: "1" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
        { text: "Hello" },
      ]),
      candidate(undefined, { finishReason: "STOP" }),
    ],
    hello,
  ],
  [
    "the finish reason is alone (agentjido/req_llm#638)",
    [candidate([{ text: "Hello" }]), { candidates: [{ finishReason: "STOP" }] }],
    hello,
  ],
  [
    "every event has the finish reason",
    [
      candidate([{ text: "Hello" }], { finishReason: "STOP" }),
      candidate([{ functionCall: { name: "look", args: { at: "A" } } }], { finishReason: "STOP" }),
    ],
    { ...look, text: "Hello" },
  ],
];

test.for(google)("google-generative-ai: %s", async ([, events, answer]) => {
  expect(await read("google-generative-ai", events)).toEqual(answer);
});
