/** What goes wrong with a provider, as the caller may see it: the right code, and never the key. */
import { createServer, type AddressInfo } from "node:net";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { ProviderSettings } from "../../server/agent/models/openai-completions/provider.ts";
import type { GatewayError } from "../../server/errors.ts";
import { apiKey, callOf, errorOf, eventsOf, modelAt } from "../support/openai-completions.ts";
import {
  chunk,
  cut,
  flushHeaders,
  frames,
  json,
  reset,
  stall,
  startScriptedProvider,
  streamed,
  type Answer,
} from "../support/scripted-provider.ts";

const whole = callOf({ stream: false });
const opening = `data: ${JSON.stringify(chunk({ content: "a" }))}\n\n`;
/** An event that would be fine if it were shorter, in a stream that would be complete. */
const fine = frames(chunk({}, "stop"));
const padded = 'data: {"choices":[],"pad":"';
const ending = `"}\n\n${fine}`;
const said = (message: string, code?: string): object => ({
  error: { message, type: "t", param: null, code },
});

function* endless(start: string): Generator<string> {
  yield start;
  for (;;) yield "x".repeat(16 * 1024);
}

async function fault(
  answer: Answer,
  call = callOf(),
  settings: Partial<ProviderSettings> = {},
): Promise<GatewayError> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const error = await errorOf(modelAt(provider.baseUrl, settings), call);
  expect(error.message).toContain(new URL(provider.baseUrl).host);
  expect(error.message).not.toContain("/v1");
  expect(error.message).not.toContain(apiKey);
  return error;
}

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
] as const)("HTTP %i is %s, streamed or whole", async ([status, code]) => {
  for (const call of [callOf(), whole]) {
    expect(await fault(json(said("Something of theirs."), status), call)).toMatchObject({ code });
  }
});

test("a refusal has the provider's words, without the key and other secrets", async () => {
  const message = `bad field; key ${apiKey}, header tok-12345678, Bearer other-secret, sk-abcdefgh123`;
  const settings = { headers: { "x-token": "Token tok-12345678" } };
  const error = await fault(json(said(message), 400), callOf(), settings);
  expect(error.message).toMatch(/bad field; key \[secret\], header \[secret\], \[secret\], \[secret\]$/);
});

test("a refused credential shows nothing of the provider's words", async () => {
  const error = await fault(json(said(`Incorrect API key provided: ${apiKey.slice(0, 9)}***`), 401));
  expect(error.message).toMatch(/refused the gateway's credential \(HTTP 401\)\.$/);
});

test.for<[string, unknown]>([
  ["an OpenAI error", said("Theirs.")],
  ["text in error", { error: "Theirs." }],
  ["a bare error object", { object: "error", message: "Theirs." }],
  ["a detail", { detail: "Theirs." }],
  ["JSON text", "Theirs."],
])("the message is found in %s", async ([, body]) => {
  expect((await fault(json(body, 400))).message).toMatch(/: Theirs\.$/);
});

test("plain text is shown as it is, a page of HTML is not", async () => {
  const answer = (text: string): Answer => ({ status: 500, headers: {}, steps: [text] });
  expect((await fault(answer("Theirs."))).message).toMatch(/: Theirs\.$/);
  expect((await fault(answer("<html>Theirs.</html>"))).message).toMatch(/failed \(HTTP 500\)\.$/);
});

test.for([
  said("Too much.", "context_length_exceeded"),
  said("This model's maximum context length is 4096 tokens."),
  { error: { message: "the request exceeds the available context size", type: "exceed_context_size_error" } },
])("a context that is too long is told apart: %j", async (body) => {
  expect(await fault(json(body, 400))).toMatchObject({ code: "context_length_exceeded" });
  expect(await fault(streamed(`data: ${JSON.stringify(body)}\n\n`))).toMatchObject({
    code: "context_length_exceeded",
  });
});

test("the time to wait is read in each of its forms", async () => {
  const after = async (headers: Record<string, string>): Promise<number | undefined> =>
    (await fault(json(said("Slow down."), 429, headers))).retryAfterSeconds;
  expect(await after({ "retry-after": "7" })).toBe(7);
  expect(await after({ "retry-after": "0.2" })).toBe(1);
  expect(await after({ "retry-after": "60", "retry-after-ms": "1500" })).toBe(2);
  expect(await after({ "retry-after": "soon" })).toBeUndefined();
  expect(await after({})).toBeUndefined();
  const inAnHour = await after({ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() });
  expect(inAnHour).toBeGreaterThan(3_000);
  expect(inAnHour).toBeLessThanOrEqual(3_600);
});

test("an error body that never ends is not read to its end", async () => {
  expect(await fault({ status: 500, steps: endless("") })).toMatchObject({ code: "upstream_error" });
});

test("an error body that stalls does not hide its status", async () => {
  const answer: Answer = { status: 503, steps: ["busy", stall] };
  expect(await fault(answer, callOf(), { silenceMs: 50 })).toMatchObject({ code: "upstream_error" });
});

test("a redirect is not followed", async () => {
  await using other = await startScriptedProvider();
  const answer: Answer = {
    status: 307,
    headers: { location: `${other.baseUrl}/chat/completions` },
    steps: [],
  };
  expect(await fault(answer)).toMatchObject({ code: "upstream_protocol" });
  expect(other.requests()).toEqual([]);
});

test.for<[string, Answer]>([
  ["no finish reason", streamed(opening)],
  ["[DONE] without a finish reason", streamed(`${opening}data: [DONE]\n\n`)],
  ["nothing at all", streamed()],
  ["only [DONE]", streamed("data: [DONE]\n\n")],
  ["a connection closed in the middle", streamed(opening, cut)],
  ["a connection reset in the middle", streamed(opening, { waitMs: 50 }, reset)],
  ["an event cut in the middle", streamed(opening, opening.slice(0, 30))],
  ["an event that is not JSON", streamed("data: {oops}\n\n")],
  ["an event that is no chunk", streamed('data: {"type":"message_start"}\n\n')],
  [
    "an event that passes 1 MiB only with its last read",
    streamed(`${padded}${"x".repeat(1024 * 1024 - 100)}`, { waitMs: 100 }, `${"x".repeat(200)}${ending}`),
  ],
  ["an event that never ends", { headers: streamed().headers ?? {}, steps: endless(padded) }],
  [
    "an event of more than 1 MiB in many lines",
    streamed(`data: {"choices":[]\n${`data: ${" ".repeat(1_000)}\n`.repeat(1_100)}data: }\n\n${fine}`),
  ],
  ["a page of HTML", { headers: { "content-type": "text/html" }, steps: ["<html>"] }],
  ["an error as JSON", json(said("Theirs."))],
  ["JSON that is no completion", json({ ok: true })],
])("a stream with %s breaks the protocol", async ([, answer]) => {
  expect(await fault(answer)).toMatchObject({ code: "upstream_protocol" });
});

test.for<[string, Answer]>([
  ["an error", json(said("Theirs."))],
  ["JSON that is no completion", json({ choices: [] })],
  ["broken JSON", { headers: { "content-type": "application/json" }, steps: ['{"choices":['] }],
  ["a cut", { headers: { "content-type": "application/json" }, steps: ["{", cut] }],
  ["a page of HTML", { headers: { "content-type": "text/html" }, steps: ["<html>"] }],
  ["a stream", streamed(frames(chunk({}, "stop")))],
  [
    "larger than 16 MiB",
    { headers: { "content-type": "application/json" }, steps: [" ".repeat(17 * 1024 * 1024)] },
  ],
])("a whole reply that is %s breaks the protocol", async ([, answer]) => {
  expect(await fault(answer, whole)).toMatchObject({ code: "upstream_protocol" });
});

test.for<[string, unknown]>([
  ["an error object", said(`Overloaded, ${apiKey}.`)],
  ["text", { error: `Overloaded, ${apiKey}.` }],
  ["a bare error", { object: "error", message: `Overloaded, ${apiKey}.` }],
])("%s within a stream is the provider's failure, after what came before", async ([, body]) => {
  const error = await fault(streamed(opening, `data: ${JSON.stringify(body)}\n\n`, opening));
  expect(error.code).toBe("upstream_error");
  expect(error.message).toMatch(/failed: Overloaded, \[secret\]\.$/);
});

test("a finish reason of error is the provider's failure", async () => {
  expect(await fault(streamed(frames(chunk({}, "error"))))).toMatchObject({ code: "upstream_error" });
});

test("what came before a fault is kept, even in the same read", async () => {
  await using provider = await startScriptedProvider();
  provider.script(streamed(`${opening}data: {oops}\n\n${opening}`));
  expect(await eventsOf(modelAt(provider.baseUrl))).toMatchObject([
    { type: "text", text: "a" },
    { type: "error", error: { code: "upstream_protocol" } },
  ]);
});

test("a provider process that is killed in the middle of its answer was cut", async () => {
  const child = spawn(process.execPath, ["test/support/scripted-provider.ts"]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { baseUrl } = JSON.parse(line.toString()) as { baseUrl: string };
  await fetch(new URL("/script", baseUrl), {
    method: "POST",
    body: JSON.stringify([streamed(opening, stall)]),
  });
  const events = modelAt(baseUrl)(callOf(), new AbortController().signal)[Symbol.asyncIterator]();
  expect(await events.next()).toMatchObject({ value: { type: "text", text: "a" } });
  child.kill("SIGKILL");
  expect(await events.next()).toMatchObject({
    value: { type: "error", error: { code: "upstream_protocol" } },
  });
  expect(await events.next()).toMatchObject({ done: true });
});

test("a connection that breaks after the finish reason takes nothing away", async () => {
  await using provider = await startScriptedProvider();
  const text = frames(chunk({ content: "a" }), chunk({}, "stop")).replace("data: [DONE]\n\n", "");
  provider.script(streamed(text, cut));
  expect(await eventsOf(modelAt(provider.baseUrl))).toMatchObject([{ type: "text" }, { type: "finish" }]);
});

test("a refused connection, a failed handshake and a reset before the answer are unreachable", async () => {
  const gone = await startScriptedProvider();
  await gone.close();
  expect(await errorOf(modelAt(gone.baseUrl))).toMatchObject({ code: "upstream_unreachable" });

  await using plain = await startScriptedProvider();
  const overTls = modelAt(plain.baseUrl.replace("http:", "https:"));
  expect(await errorOf(overTls)).toMatchObject({ code: "upstream_unreachable" });

  expect(await fault({ steps: [reset] })).toMatchObject({ code: "upstream_unreachable" });
  expect(await fault({ steps: [cut] })).toMatchObject({ code: "upstream_unreachable" });
});

test("an answer that is not HTTP breaks the protocol", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end("SSH-2.0-whatever\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const model = modelAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await errorOf(model)).toMatchObject({ code: "upstream_protocol" });
  server.close();
});

test("a header that cannot be sent is the gateway's fault, not thrown", async () => {
  expect(await errorOf(modelAt("http://127.0.0.1:9", { headers: { "x-a": "b\nc" } }))).toMatchObject({
    code: "internal_error",
  });
});

test.for<[string, Answer]>([
  ["no answer", { steps: [stall] }],
  ["headers alone", streamed(flushHeaders, stall)],
])("%s within the time for the first byte is a timeout", async ([, answer]) => {
  const error = await fault(answer, callOf(), { firstByteMs: 50 });
  expect(error.code).toBe("upstream_timeout");
  expect(error.message).toMatch(/sent nothing for 0\.05 s\.$/);
});

test("silence after the first byte is a timeout, and what came before is kept", async () => {
  await using provider = await startScriptedProvider();
  provider.script(streamed(opening, stall), streamed(": hello\n\n", stall));
  const model = modelAt(provider.baseUrl, { silenceMs: 50 });
  const timeout = { type: "error", error: { code: "upstream_timeout" } };
  expect(await eventsOf(model)).toMatchObject([{ type: "text" }, timeout]);
  expect(await eventsOf(model)).toMatchObject([timeout]);
});

test("headers may come long before the first byte", async () => {
  await using provider = await startScriptedProvider();
  provider.script(streamed(flushHeaders, { waitMs: 500 }, frames(chunk({}, "stop"))));
  expect(await eventsOf(modelAt(provider.baseUrl, { silenceMs: 50 }))).toMatchObject([{ type: "finish" }]);
});

test("comments are life", async () => {
  await using provider = await startScriptedProvider();
  const pings = Array.from({ length: 12 }, () => [": ping\n\n", { waitMs: 100 }]).flat();
  provider.script(streamed(...pings, frames(chunk({}, "stop"))));
  expect(await eventsOf(modelAt(provider.baseUrl, { silenceMs: 1_000 }))).toMatchObject([{ type: "finish" }]);
});
