/** Errors of providers as the caller sees them: the right code, and never the key. */
import { createServer, type AddressInfo } from "node:net";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { OpenaiCompletionsOptions } from "../../server/agent/models/openai-completions/provider.ts";
import { toHttpStatusError } from "../../server/agent/models/provider-errors.ts";
import { toUpstream } from "../../server/agent/models/upstream.ts";
import type { GatewayError } from "../../server/lib/errors.ts";
import {
  apiKey,
  createModelCall,
  collectModelError,
  collectModelEvents,
  createCompletionsModel,
} from "../support/providers/openai-completions.ts";
import {
  completionChunk,
  closeConnection,
  flushHeaders,
  sseFrames,
  jsonResponse,
  resetConnection,
  stall,
  startScriptedProvider,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

const unstreamedCall = createModelCall({ stream: false });
const opening = `data: ${JSON.stringify(completionChunk({ content: "a" }))}\n\n`;
/** An event that is valid except for its length, in a complete stream. */
const fine = sseFrames(completionChunk({}, "stop"));
const padded = 'data: {"choices":[],"pad":"';
const ending = `"}\n\n${fine}`;
const toErrorBody = (message: string, code?: string): object => ({
  error: { message, type: "t", param: null, code },
});

function* endless(start: string): Generator<string> {
  yield start;
  for (;;) yield "x".repeat(16 * 1024);
}

async function requestError(
  answer: ScriptedResponse,
  call = createModelCall(),
  settings: Partial<OpenaiCompletionsOptions> = {},
): Promise<GatewayError> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const error = await collectModelError(createCompletionsModel(provider.baseUrl, settings), call);
  expect(error.message).toContain("provider-1");
  expect(error.message).not.toContain(new URL(provider.baseUrl).host);
  expect(error.message).not.toContain("/v1");
  expect(error.message).not.toContain(apiKey);
  return error;
}

test.for([
  ["http://models.example.org", "models.example.org", false],
  ["https://gpu-host-7.internal/v1", "gpu-host-7.internal", false],
  ["https://gpu-cluster/v1", "gpu-cluster", false],
  ["http://192.168.10.20:8000/v1", "192.168.10.20", false],
  ["https://api.openai.com/v1", "api.openai.com", true],
] as const)("of %s the caller learns the host: %s, %s", ([baseUrl, host, isPublic]) => {
  const upstream = toUpstream({ name: "a", baseUrl, apiKey, headers: {}, firstByteMs: 0, silenceMs: 0 });
  const answer = toErrorBody(`cannot reach ${new URL(baseUrl).host} (${host})`);
  const { message } = toHttpStatusError(400, {}, JSON.stringify(answer), upstream);
  expect(message.includes(host)).toBe(isPublic);
});

test.for([
  [400, "upstream_rejected"],
  [401, "upstream_auth"],
  [402, "upstream_auth"],
  [403, "upstream_auth"],
  [404, "upstream_rejected"],
  [413, "upstream_rejected"],
  [422, "upstream_rejected"],
  [429, "rate_limit_exceeded"],
  [500, "upstream_error"],
  [503, "upstream_error"],
  [529, "upstream_error"],
] as const)("HTTP %i is %s, streamed or unstreamed", async ([status, code]) => {
  for (const call of [createModelCall(), unstreamedCall]) {
    expect(await requestError(jsonResponse(toErrorBody("Something of theirs."), status), call)).toMatchObject(
      { code },
    );
  }
});

test("a rejection has the provider's message, without the key and other secrets", async () => {
  const message = `bad field; key ${apiKey}, header tok-12345678, Bearer other-secret, sk-abcdefgh123`;
  const settings = { headers: { "x-token": "Token tok-12345678" } };
  const error = await requestError(jsonResponse(toErrorBody(message), 400), createModelCall(), settings);
  expect(error.message).toMatch(/bad field; key \[secret\], header \[secret\], \[secret\], \[secret\]$/);
});

test("the error for a rejected credential contains no text of the provider", async () => {
  const error = await requestError(
    jsonResponse(toErrorBody(`Incorrect API key provided: ${apiKey.slice(0, 9)}***`), 401),
  );
  expect(error.message).toMatch(/rejected the gateway's credential \(HTTP 401\)\.$/);
});

test.for<[string, unknown]>([
  ["an OpenAI error", toErrorBody("Theirs.")],
  ["text in error", { error: "Theirs." }],
  ["a bare error object", { object: "error", message: "Theirs." }],
  ["a detail", { detail: "Theirs." }],
  ["JSON text", "Theirs."],
])("the message is read from %s", async ([, body]) => {
  expect((await requestError(jsonResponse(body, 400))).message).toMatch(/: Theirs\.$/);
});

test("plain text is passed on, an HTML page is not", async () => {
  const answer = (text: string): ScriptedResponse => ({ status: 500, headers: {}, steps: [text] });
  expect((await requestError(answer("Theirs."))).message).toMatch(/: Theirs\.$/);
  expect((await requestError(answer("<html>Theirs.</html>"))).message).toMatch(/failed \(HTTP 500\)\.$/);
});

test.for([
  toErrorBody("Too much.", "context_length_exceeded"),
  toErrorBody("Input is too long for requested model."),
  toErrorBody("This model's maximum context length is 4096 tokens."),
  { error: { message: "the request exceeds the available context size", type: "exceed_context_size_error" } },
])("a context that is too long is recognized: %j", async (body) => {
  expect(await requestError(jsonResponse(body, 400))).toMatchObject({ code: "context_length_exceeded" });
  expect(await requestError(sseResponse(`data: ${JSON.stringify(body)}\n\n`))).toMatchObject({
    code: "context_length_exceeded",
  });
});

test("the time to wait is read in each of its forms", async () => {
  const after = async (headers: Record<string, string>): Promise<number | undefined> =>
    (await requestError(jsonResponse(toErrorBody("Slow down."), 429, headers))).retryAfterSeconds;
  expect(await after({ "retry-after": "7" })).toBe(7);
  expect(await after({ "retry-after": "0.2" })).toBe(1);
  expect(await after({ "retry-after": "60", "retry-after-ms": "1500" })).toBe(2);
  expect(await after({ "retry-after": "soon" })).toBeUndefined();
  expect(await after({})).toBeUndefined();
  const inAnHour = await after({ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() });
  expect(inAnHour).toBeGreaterThan(3_000);
  expect(inAnHour).toBeLessThanOrEqual(3_600);
});

test("an endless error body is not read to its end", async () => {
  expect(await requestError({ status: 500, steps: endless("") })).toMatchObject({ code: "upstream_error" });
});

test("an error body that stalls does not hide its status", async () => {
  const answer: ScriptedResponse = { status: 503, steps: ["busy", stall] };
  expect(await requestError(answer, createModelCall(), { silenceMs: 50 })).toMatchObject({
    code: "upstream_error",
  });
});

test("a redirect is not followed", async () => {
  await using other = await startScriptedProvider();
  const answer: ScriptedResponse = {
    status: 307,
    headers: { location: `${other.baseUrl}/chat/completions` },
    steps: [],
  };
  expect(await requestError(answer)).toMatchObject({ code: "upstream_protocol" });
  expect(other.requests()).toEqual([]);
});

test.for<[string, ScriptedResponse]>([
  ["no finish reason", sseResponse(opening)],
  ["nothing at all", sseResponse()],
  ["only [DONE]", sseResponse("data: [DONE]\n\n")],
  ["a connection closed in the middle", sseResponse(opening, closeConnection)],
  ["a connection reset in the middle", sseResponse(opening, { waitMs: 50 }, resetConnection)],
  ["an event cut in the middle", sseResponse(opening, opening.slice(0, 30))],
  ["an event that is not JSON", sseResponse("data: {oops}\n\n")],
  ["an event that is no chunk", sseResponse('data: {"type":"message_start"}\n\n')],
  [
    "an event that exceeds 1 MiB only with its last read",
    sseResponse(`${padded}${"x".repeat(1024 * 1024 - 100)}`, { waitMs: 100 }, `${"x".repeat(200)}${ending}`),
  ],
  ["an event that never ends", { headers: sseResponse().headers ?? {}, steps: endless(padded) }],
  [
    "an event of more than 1 MiB in many lines",
    sseResponse(`data: {"choices":[]\n${`data: ${" ".repeat(1_000)}\n`.repeat(1_100)}data: }\n\n${fine}`),
  ],
  ["a page of HTML", { headers: { "content-type": "text/html" }, steps: ["<html>"] }],
  ["an error as JSON", jsonResponse(toErrorBody("Theirs."))],
  ["JSON that is no completion", jsonResponse({ ok: true })],
])("a stream with %s is a protocol error", async ([, answer]) => {
  expect(await requestError(answer)).toMatchObject({ code: "upstream_protocol" });
});

test.for<[string, ScriptedResponse]>([
  ["an error", jsonResponse(toErrorBody("Theirs."))],
  ["JSON that is no completion", jsonResponse({ choices: [] })],
  ["broken JSON", { headers: { "content-type": "application/json" }, steps: ['{"choices":['] }],
  ["a cut", { headers: { "content-type": "application/json" }, steps: ["{", closeConnection] }],
  ["a page of HTML", { headers: { "content-type": "text/html" }, steps: ["<html>"] }],
  ["a stream without an end", sseResponse(opening)],
  [
    "larger than 16 MiB",
    { headers: { "content-type": "application/json" }, steps: [" ".repeat(17 * 1024 * 1024)] },
  ],
])("an unstreamed reply that is %s is a protocol error", async ([, answer]) => {
  expect(await requestError(answer, unstreamedCall)).toMatchObject({ code: "upstream_protocol" });
});

test.for<[string, unknown]>([
  ["an error object", toErrorBody(`Overloaded, ${apiKey}.`)],
  ["text", { error: `Overloaded, ${apiKey}.` }],
  ["a bare error", { object: "error", message: `Overloaded, ${apiKey}.` }],
])("%s within a stream is an upstream error, after the content before it", async ([, body]) => {
  const error = await requestError(sseResponse(opening, `data: ${JSON.stringify(body)}\n\n`, opening));
  expect(error.code).toBe("upstream_error");
  expect(error.message).toMatch(/failed: Overloaded, \[secret\]\.$/);
});

test.for([
  "error",
  "network_error",
  "insufficient_system_resource",
  "MALFORMED_FUNCTION_CALL",
  "abort",
  "cancelled",
])("finish reason %s is an upstream error, streamed or unstreamed", async (reason) => {
  const reply = { choices: [{ message: { content: "half an ans" }, finish_reason: reason }] };
  expect(await requestError(sseResponse(sseFrames(completionChunk({}, reason))))).toMatchObject({
    code: "upstream_error",
  });
  expect(await requestError(jsonResponse(reply), unstreamedCall)).toMatchObject({ code: "upstream_error" });
});

test.for<[object, string]>([
  [{ code: 429, message: "Slow down." }, "rate_limit_exceeded"],
  [{ code: "429", message: "Slow down." }, "rate_limit_exceeded"],
  [{ status: "RESOURCE_EXHAUSTED", message: "Slow down." }, "rate_limit_exceeded"],
  [{ code: 401, message: `key ${apiKey}` }, "upstream_auth"],
  [{ code: 402, message: "No credit." }, "upstream_auth"],
  [{ code: 400, message: "Bad field." }, "upstream_rejected"],
  [{ code: 502, message: "Provider disconnected." }, "upstream_error"],
  [{ code: 400, message: "This model's maximum context length is 4096 tokens." }, "context_length_exceeded"],
])("an error %j with a status of success keeps its meaning, whole and streamed", async ([error, code]) => {
  for (const body of [{ error }, [{ error }]]) {
    expect(await requestError(jsonResponse(body), unstreamedCall)).toMatchObject({ code });
    expect(await requestError(jsonResponse(body))).toMatchObject({ code });
    expect(await requestError(sseResponse(opening, `data: ${JSON.stringify(body)}\n\n`))).toMatchObject({
      code,
    });
  }
});

test("an event named error is an error in any shape", async () => {
  const event = `event: error\ndata: ${JSON.stringify({ code: 429, message: "Slow down." })}\n\n`;
  expect(await requestError(sseResponse(opening, event))).toMatchObject({ code: "rate_limit_exceeded" });
});

test("a list of errors with an error status has its message", async () => {
  const error = await requestError(jsonResponse([{ error: { code: 400, message: "Theirs." } }], 400));
  expect(error).toMatchObject({
    code: "upstream_rejected",
    message: expect.stringMatching(/: Theirs\.$/) as string,
  });
});

test("a compressed body that is cut is an incomplete response, and an unknown compression is an error", async () => {
  const bytes = gzipSync(sseFrames(completionChunk({ content: "a" })));
  const answer = (encoding: string, body: Uint8Array): ScriptedResponse => ({
    headers: { "content-type": "text/event-stream", "content-encoding": encoding },
    steps: [body],
  });
  for (const response of [
    answer("gzip", bytes.subarray(0, -12)),
    answer("compress", Buffer.from([0x1f, 0x9d, 1])),
  ])
    expect(await requestError(response)).toMatchObject({ code: "upstream_protocol" });
});

test("content before an error is kept, even from the same read", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(`${opening}data: {oops}\n\n${opening}`));
  expect(await collectModelEvents(createCompletionsModel(provider.baseUrl))).toMatchObject([
    { type: "text", text: "a" },
    { type: "error", error: { code: "upstream_protocol" } },
  ]);
});

test("a provider process that is killed during its response is an incomplete response", async () => {
  const child = spawn(process.execPath, ["test/support/providers/scripted-provider.ts"]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { baseUrl } = JSON.parse(line.toString()) as { baseUrl: string };
  await fetch(new URL("/script", baseUrl), {
    method: "POST",
    body: JSON.stringify([sseResponse(opening, stall)]),
  });
  const events = createCompletionsModel(baseUrl)(createModelCall(), new AbortController().signal)[
    Symbol.asyncIterator
  ]();
  expect(await events.next()).toMatchObject({ value: { type: "text", text: "a" } });
  child.kill("SIGKILL");
  expect(await events.next()).toMatchObject({
    value: { type: "error", error: { code: "upstream_protocol" } },
  });
  expect(await events.next()).toMatchObject({ done: true });
});

test("a connection that breaks after the finish reason loses nothing", async () => {
  await using provider = await startScriptedProvider();
  const text = sseFrames(completionChunk({ content: "a" }), completionChunk({}, "stop")).replace(
    "data: [DONE]\n\n",
    "",
  );
  provider.script(sseResponse(text, closeConnection));
  expect(await collectModelEvents(createCompletionsModel(provider.baseUrl))).toMatchObject([
    { type: "text" },
    { type: "finish" },
  ]);
});

test("a refused connection, a failed handshake and a reset before the response are upstream_unreachable", async () => {
  const gone = await startScriptedProvider();
  await gone.close();
  expect(await collectModelError(createCompletionsModel(gone.baseUrl))).toMatchObject({
    code: "upstream_unreachable",
  });

  await using plain = await startScriptedProvider();
  const overTls = createCompletionsModel(plain.baseUrl.replace("http:", "https:"));
  expect(await collectModelError(overTls)).toMatchObject({ code: "upstream_unreachable" });

  expect(await requestError({ steps: [resetConnection] })).toMatchObject({ code: "upstream_unreachable" });
  expect(await requestError({ steps: [closeConnection] })).toMatchObject({ code: "upstream_unreachable" });
});

test("a response that is not HTTP is a protocol error", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end("SSH-2.0-whatever\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const model = createCompletionsModel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await collectModelError(model)).toMatchObject({ code: "upstream_protocol" });
  server.close();
});

test("a header that cannot be sent is an internal error, and nothing is thrown", async () => {
  expect(
    await collectModelError(createCompletionsModel("http://127.0.0.1:9", { headers: { "x-a": "b\nc" } })),
  ).toMatchObject({
    code: "internal_error",
  });
});

test.for<[string, ScriptedResponse]>([
  ["no answer", { steps: [stall] }],
  ["headers alone", sseResponse(flushHeaders, stall)],
])("%s within the time for the first byte is a timeout", async ([, answer]) => {
  const error = await requestError(answer, createModelCall(), { firstByteMs: 50 });
  expect(error.code).toBe("upstream_timeout");
  expect(error.message).toMatch(/sent nothing for 0\.05 s\.$/);
});

test("silence after the first byte is a timeout, and earlier content is kept", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(opening, stall), sseResponse(": hello\n\n", stall));
  const model = createCompletionsModel(provider.baseUrl, { silenceMs: 50 });
  const timeout = { type: "error", error: { code: "upstream_timeout" } };
  expect(await collectModelEvents(model)).toMatchObject([{ type: "text" }, timeout]);
  expect(await collectModelEvents(model)).toMatchObject([timeout]);
});

test("headers may arrive long before the first byte", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(flushHeaders, { waitMs: 500 }, sseFrames(completionChunk({}, "stop"))));
  expect(await collectModelEvents(createCompletionsModel(provider.baseUrl, { silenceMs: 50 }))).toMatchObject(
    [{ type: "finish" }],
  );
});

test("comments count as activity", async () => {
  await using provider = await startScriptedProvider();
  const pings = Array.from({ length: 12 }, () => [": ping\n\n", { waitMs: 100 }]).flat();
  provider.script(sseResponse(...pings, sseFrames(completionChunk({}, "stop"))));
  expect(
    await collectModelEvents(createCompletionsModel(provider.baseUrl, { silenceMs: 1_000 })),
  ).toMatchObject([{ type: "finish" }]);
});

test.for([createModelCall(), unstreamedCall])(
  "a small body that decompresses to 64 MiB is a protocol error: %#",
  async (call) => {
    const large = Buffer.alloc(64 * 1024 * 1024, "x");
    for (const start of ['{"choices":"', padded]) {
      const answer: ScriptedResponse = {
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
        steps: [gzipSync(Buffer.concat([Buffer.from(start), large]))],
      };
      expect(await requestError(answer, call)).toMatchObject({ code: "upstream_protocol" });
    }
  },
);
