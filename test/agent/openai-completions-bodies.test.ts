/** Bodies in other forms than the API defines: frames, labels, compression, usage, whole messages, addresses. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  read,
  readChunks,
  call,
  finish,
  finishCalls,
  usage,
  expectedUsage,
  unstreamedCall,
  twoCalls,
} from "../support/providers/completion-events.ts";
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

test.for(["data", "result", "response", "output"])(
  "a completion in the field %s of an envelope is read, with the usage beside it, whole and streamed",
  async (name) => {
    const wrap = (json: object): object => ({ code: 0, message: "ok", [name]: json });
    const reply = { ...wrap(completion), usage };
    const last = { ...finish, usage: expectedUsage };
    expect(await read(jsonResponse(reply), unstreamedCall)).toEqual([{ type: "text", text: "ab" }, last]);
    expect(await readChunks(wrap(a), wrap(b), { ...wrap(stop), usage })).toEqual([
      ...textEvents.slice(0, 2),
      last,
    ]);
  },
);

test("a choice may have its text alone, whole and streamed", async () => {
  const reply = (choice: object): ScriptedResponse =>
    jsonResponse({ choices: [{ ...choice, finish_reason: "stop" }] });
  const events = [{ type: "text", text: "ab" }, finish];
  expect(await read(reply({ text: "ab" }), unstreamedCall)).toEqual(events);
  expect(await read(reply({ message: "ab" }), unstreamedCall)).toEqual(events);
  const chunk = (text: string): object => ({ choices: [{ index: 0, text, finish_reason: null }] });
  expect(await readChunks(chunk("a"), chunk("b"), stop)).toEqual(textEvents);
});

test("an error in the choice of an envelope fails the call", async () => {
  const reply = { data: { choices: [{ error: { code: 429, message: "slow down" } }] } };
  expect(await read(jsonResponse(reply), unstreamedCall)).toMatchObject([
    { type: "error", error: { code: "rate_limit_exceeded" } },
  ]);
});

test("one choice may stand in the place of the list of choices, whole and streamed", async () => {
  const unlist = (json: { readonly choices: readonly unknown[] }): object => ({
    ...json,
    choices: json.choices[0],
  });
  expect(await read(jsonResponse(unlist(completion)), unstreamedCall)).toEqual([
    { type: "text", text: "ab" },
    finish,
  ]);
  const chunks = [a, b, stop].map((chunk) => unlist(chunk as { choices: unknown[] }));
  expect(await readChunks(...chunks)).toEqual(textEvents);
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

test.for<[object, object]>([
  [{ prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 8 }, { cached: 4 }],
  [{ cached_tokens: 4 }, { cached: 4 }],
  [
    { cache_read_input_tokens: 4, cache_creation_input_tokens: 2 },
    { cached: 4, cacheWrite: 2 },
  ],
])("cached tokens are counted wherever a server puts them: %j", async ([fields, expected]) => {
  const chunk = {
    ...completionChunk({ content: "a" }, "stop"),
    usage: { prompt_tokens: 12, completion_tokens: 7, ...fields },
  };
  expect((await readChunks(chunk)).at(-1)).toMatchObject({ usage: { input: 12, ...expected } });
});

test("lines of JSON are sent on as they come", async () => {
  await using provider = await startScriptedProvider();
  provider.script({
    headers: { "content-type": "application/json" },
    steps: [`${JSON.stringify(a)}\n${JSON.stringify(b)}\n`, stall],
  });
  const abort = new AbortController();
  for await (const event of createCompletionsModel(provider.baseUrl)(createModelCall(), abort.signal)) {
    expect(event).toEqual({ type: "text", text: "a" });
    abort.abort();
  }
});

test.for([true, false])("a list of chunks is read, streamed: %s", async (stream) => {
  expect(await read(jsonResponse([a, b, stop]), createModelCall({ stream }))).toEqual(textEvents);
});

test("an object with indexes as keys is a list, and a number is its text, whole and streamed", async () => {
  const index = (json: object): object => ({
    ...json,
    choices: Object.assign({}, (json as { readonly choices: readonly unknown[] }).choices),
  });
  expect(await read(jsonResponse(index(completion)), unstreamedCall)).toEqual([
    { type: "text", text: "ab" },
    finish,
  ]);
  expect(await readChunks(index(a), index(b), index(stop))).toEqual(textEvents);
  expect(await readChunks(completionChunk({ content: 0 }), completionChunk({ content: true }), stop)).toEqual(
    [{ type: "text", text: "0" }, { type: "text", text: "true" }, finish],
  );
});

test("JSON that is encoded twice is read, and so is a stream whose fields have their name twice", async () => {
  const encoded = [a, b, stop].map((chunk) => JSON.stringify(JSON.stringify(chunk)));
  expect(await read(sseResponse(encoded.map((data) => `data: ${data}\n\n`).join("")))).toEqual(textEvents);
  const reply = jsonResponse(JSON.stringify(completion));
  expect(await read(reply, unstreamedCall)).toEqual([{ type: "text", text: "ab" }, finish]);
  const frames = [a, b].map((chunk) => `data: data: ${JSON.stringify(chunk)}\n\n`);
  expect(await read(sseResponse([...frames, "data: data: [done]\n\n"].join("")))).toEqual(textEvents);
  const error = JSON.stringify(JSON.stringify({ error: { code: 429, message: "slow down" } }));
  expect(await read(sseResponse(`data: ${error}\n\n`))).toMatchObject([
    { type: "error", error: { code: "rate_limit_exceeded" } },
  ]);
});

test("a whole reply with an error in its choice is that error", async () => {
  const choices = [{ index: 0, error: { code: 429, message: "slow down" }, finish_reason: "error" }];
  expect(await read(jsonResponse({ choices }), unstreamedCall)).toMatchObject([
    { type: "error", error: { code: "rate_limit_exceeded" } },
  ]);
});

test("one object in place of a list is read: text, thinking and calls", async () => {
  const part = { type: "text", text: "a" };
  expect(await readChunks(completionChunk({ content: part }, "stop"))).toEqual([
    { type: "text", text: "a" },
    finish,
  ]);
  expect(await readChunks(completionChunk({ reasoning_details: { text: "hm" } }, "stop"))).toEqual([
    { type: "thinking", text: "hm" },
    finish,
  ]);
  const tool_calls = { id: "a", type: "function", function: { name: "look", arguments: "{}" } };
  const expected = [...twoCalls.slice(0, 2), finishCalls];
  expect(await readChunks(completionChunk({ tool_calls }, "tool_calls"))).toEqual(expected);
  const choices = [{ message: { tool_calls }, finish_reason: "tool_calls" }];
  expect(await read(jsonResponse({ choices }), unstreamedCall)).toEqual(expected);
});

test.for([
  [{ code: 429, message: "slow down" }, "rate_limit_exceeded"],
  [{ status: 503, detail: "no server" }, "upstream_error"],
  [{ status_code: "401", message: "no key" }, "upstream_auth"],
  [{ code: 400, message: "maximum context length is 10 tokens" }, "context_length_exceeded"],
  [{ code: 200, message: "success" }, "upstream_protocol"],
  [{ message: "a text alone" }, "upstream_protocol"],
] as const)("an error that is not in a field of its own, with status 200: %j is %s", async ([body, code]) => {
  for (const answer of [jsonResponse(body), sseResponse(`data: ${JSON.stringify(body)}\n\n`)])
    expect(await read(answer, unstreamedCall)).toMatchObject([{ type: "error", error: { code } }]);
});
