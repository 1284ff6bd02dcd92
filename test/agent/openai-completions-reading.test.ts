/** What answers become: the same events from a stream, however it is cut, and from a whole reply. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import { callOf, eventsOf, modelAt } from "../support/openai-completions.ts";
import {
  chunk,
  frames,
  json,
  stall,
  startScriptedProvider,
  streamed,
  type Answer,
} from "../support/scripted-provider.ts";

const whole = callOf({ stream: false });

async function read(answer: Answer, call = callOf()): Promise<readonly ModelEvent[]> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  return await eventsOf(modelAt(provider.baseUrl), call);
}

const readChunks = (...chunks: readonly unknown[]): Promise<readonly ModelEvent[]> =>
  read(streamed(frames(...chunks)));

const call = (index: number | undefined, id: string | undefined, name?: string, args?: unknown): object => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }],
});

const finish = { type: "finish", reason: "stop", usage: undefined };
const finishCalls = { ...finish, reason: "tool_calls" };
const opens = (index: number, id: string, name: string): object => ({ type: "tool_call", index, id, name });
const argues = (index: number, fragment: string): object => ({
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
const counted = { input: 12, output: 7, cached: 4, cacheWrite: 2, reasoning: 3 };

test("text, thinking and refusals come in their order, and usage with the end", async () => {
  const events = await readChunks(
    chunk({ role: "assistant", content: "" }),
    chunk({ reasoning_content: "hm" }),
    chunk({ reasoning: "so" }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
    chunk({ refusal: "No." }),
    chunk({}, "length"),
    { ...chunk({}), choices: [], usage },
  );
  expect(events).toEqual([
    { type: "thinking", text: "hm" },
    { type: "thinking", text: "so" },
    { type: "text", text: "Hel" },
    { type: "text", text: "lo" },
    { type: "refusal", text: "No." },
    { type: "finish", reason: "length", usage: counted },
  ]);
});

test("usage may come with the last chunk, and null in all others", async () => {
  const events = await readChunks(
    { ...chunk({ content: "a" }), usage: null },
    { ...chunk({}, "stop"), usage },
  );
  expect(events.at(-1)).toEqual({ ...finish, usage: counted });
});

test("thinking may be sent both ways at once, and is read once", async () => {
  const events = await readChunks(chunk({ reasoning_content: "hm", reasoning: "hm" }), chunk({}, "stop"));
  expect(events).toEqual([{ type: "thinking", text: "hm" }, finish]);
});

test("content may be a list of parts with thinking among them", async () => {
  const thinking = [{ type: "text", text: "hm" }];
  const content = [
    { type: "thinking", thinking },
    { type: "text", text: "Hi" },
  ];
  expect(await readChunks(chunk({ content }), chunk({}, "stop"))).toEqual([
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
])("finish reason %s is %s", async ([theirs, ours]) => {
  expect(await readChunks(chunk({ content: "a" }, ""), chunk({}, theirs))).toEqual([
    { type: "text", text: "a" },
    { ...finish, reason: ours },
  ]);
});

test("a tool call is opened once, then its arguments come in fragments", async () => {
  expect(
    await readChunks(
      chunk(call(0, "a", "look", "")),
      chunk(call(0, undefined, undefined, '{"x"')),
      chunk(call(0, undefined, undefined, ":1}")),
      chunk(call(1, "b", "go", "{}")),
      chunk({}, "tool_calls"),
    ),
  ).toEqual([
    opens(0, "a", "look"),
    argues(0, '{"x"'),
    argues(0, ":1}"),
    opens(1, "b", "go"),
    argues(1, "{}"),
    finishCalls,
  ]);
});

test("calls may be interleaved and numbered from anywhere", async () => {
  expect(
    await readChunks(
      chunk(call(1, "a", "look")),
      chunk(call(4, "b", "go")),
      chunk(call(1, undefined, undefined, "1")),
      chunk(call(4, undefined, undefined, "2")),
      chunk({}, "tool_calls"),
    ),
  ).toEqual([opens(0, "a", "look"), opens(1, "b", "go"), argues(0, "1"), argues(1, "2"), finishCalls]);
});

const twoCalls = [opens(0, "a", "look"), argues(0, "{}"), opens(1, "b", "go"), argues(1, "{}"), finishCalls];

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
])("two calls are told apart: %s", async ([, deltas]) => {
  expect(await readChunks(...deltas.map((delta) => chunk(delta)), chunk({}, "tool_calls"))).toEqual(twoCalls);
});

test("calls without ids get empty ones, and each name begins a call when there is no index either", async () => {
  expect(
    await readChunks(
      chunk(call(undefined, undefined, "look", "{}")),
      chunk(call(undefined, undefined, "look", "{}")),
      chunk({}, "stop"),
    ),
  ).toEqual([opens(0, "", "look"), argues(0, "{}"), opens(1, "", "look"), argues(1, "{}"), finishCalls]);
});

test("the old function_call is a call", async () => {
  expect(
    await readChunks(
      chunk({ function_call: { name: "look", arguments: "" } }),
      chunk({ function_call: { arguments: "{}" } }),
      chunk({}, "function_call"),
    ),
  ).toEqual([opens(0, "", "look"), argues(0, "{}"), finishCalls]);
});

test("a call whose name never comes is an error", async () => {
  const events = await readChunks(chunk(call(0, "a", undefined, "{}")), chunk({}, "tool_calls"));
  expect(events).toMatchObject([{ type: "error", error: { code: "upstream_protocol" } }]);
});

test("comments, CRLF, a byte order mark, empty events and other fields are no content", async () => {
  const text = frames(chunk({ content: "Grüße 👋" }), chunk({}, "stop"));
  const dressed = `\uFEFF: hello\r\n\r\nretry: 10\r\ndata:\r\n\r\n${text.replaceAll("\n", "\r\n")}`;
  expect(await read(streamed(dressed))).toEqual([{ type: "text", text: "Grüße 👋" }, finish]);
});

test.for([1, 2, 3, 7])("a stream in pieces of %i bytes says the same", async (every) => {
  const text = `: hi\r\n\r\n${frames(chunk({ content: "Grüße 👋 日本" }), chunk(call(0, "a", "look", "{}")), chunk({}, "stop"))}`;
  expect(await read(streamed({ send: text, every }))).toEqual([
    { type: "text", text: "Grüße 👋 日本" },
    opens(0, "a", "look"),
    argues(0, "{}"),
    finishCalls,
  ]);
});

test("a stream may end after its finish reason without [DONE], even without the last blank line", async () => {
  const text = frames(chunk({ content: "a" }), chunk({}, "stop")).replace("\n\ndata: [DONE]\n\n", "");
  expect(await read(streamed(text))).toEqual([{ type: "text", text: "a" }, finish]);
});

test("a whole reply gives the events of a stream", async () => {
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
  expect(await read(json(reply), whole)).toEqual([
    { type: "thinking", text: "hm" },
    { type: "text", text: "Hello" },
    opens(0, "a", "look"),
    argues(0, "{}"),
    { ...finishCalls, usage: counted },
  ]);
});

test("a server that answers a streamed call whole is read whole", async () => {
  const reply = { choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] };
  expect(await read(json(reply))).toEqual([{ type: "text", text: "Hello" }, finish]);
});

test("a whole reply without a finish reason is whole all the same", async () => {
  expect(await read(json({ choices: [{ message: { content: "Hello" } }] }), whole)).toEqual([
    { type: "text", text: "Hello" },
    finish,
  ]);
});

test("finished answers of both kinds leave their connection for the next call", async () => {
  await using provider = await startScriptedProvider();
  const model = modelAt(provider.baseUrl);
  const stream = streamed(frames(chunk({ content: "a" }), chunk({}, "stop")));
  const slowToEnd = streamed(frames(chunk({}, "stop")), { waitMs: 5 });
  provider.script(stream, json({ choices: [{ message: { content: "b" } }] }), slowToEnd, stream);
  for (const asked of [callOf(), whole, callOf(), callOf()]) {
    for await (const event of model(asked, new AbortController().signal)) if (event.type === "finish") break;
    // undici lends a connection again one turn of the event loop later.
    await turn();
  }
  expect(provider.requests()).toHaveLength(4);
  expect(provider.connections()).toBe(1);
});

test("a server that holds the connection after [DONE] does not hold the answer", async () => {
  const text = frames(chunk({ content: "a" }), chunk({}, "stop"));
  expect(await read(streamed(text, stall))).toEqual([{ type: "text", text: "a" }, finish]);
});
