/** Replies as events: the same from a stream, however it is split, and from an unstreamed reply. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  read,
  readChunks,
  call,
  finish,
  finishCalls,
  callEvent,
  argumentsEvent,
  usage,
  expectedUsage,
  unstreamedCall,
} from "../support/providers/completion-events.ts";
import { createModelCall, createCompletionsModel } from "../support/providers/openai-completions.ts";
import {
  completionChunk,
  sseFrames,
  jsonResponse,
  stall,
  startScriptedProvider,
  sseResponse,
} from "../support/providers/scripted-provider.ts";

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
  ["max_new_tokens", "length"],
  ["output_limit", "length"],
  ["repetition_truncation", "length"],
  ["MODEL_ARMOR", "content_filter"],
  ["content_policy_violation", "content_filter"],
])("finish reason %s is %s", async ([theirs, ours]) => {
  expect(await readChunks(completionChunk({ content: "a" }, ""), completionChunk({}, theirs))).toEqual([
    { type: "text", text: "a" },
    { ...finish, reason: ours },
  ]);
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
