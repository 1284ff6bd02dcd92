import { expect, test } from "vitest";
import { createClient, GatewayRequestError, type GatewayClient } from "../../clients/typescript/src/index.ts";
import type { ChatCompletionChunk } from "../../clients/typescript/src/index.ts";
import { fails, says } from "../../contracts/examples/script.ts";
import { frame } from "../../contracts/sse.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { finishEvent, createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

const ask = (content: string) => ({
  model: "openclaw",
  messages: [{ role: "user" as const, content }],
  stream: true as const,
});

const createTestClient = ({ url }: { readonly url: string }): GatewayClient =>
  createClient({ baseUrl: url, token });

/** A client whose gateway sends these bytes for every stream. */
function createClientOfBytes(bytes: Uint8Array<ArrayBuffer>): GatewayClient {
  const headers = { "content-type": "text/event-stream", "x-request-id": "req_1" };
  return createClient({
    baseUrl: "http://gateway.test",
    fetch: () => Promise.resolve(new Response(bytes, { headers })),
  });
}

const getContent = (chunk: ChatCompletionChunk): string => chunk.choices[0]?.delta.content ?? "";

/** Reads a stream to its end. Returns the text and the thrown error, if any. */
async function readAll(
  stream: AsyncIterable<ChatCompletionChunk>,
): Promise<{ text: string; thrown?: unknown }> {
  let text = "";
  try {
    for await (const chunk of stream) text += getContent(chunk);
    return { text };
  } catch (thrown) {
    return { text, thrown };
  }
}

test("a stream yields the chunks, and has the request id and the agent id", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("Hel"), says("lo ✓.")]) });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const chunks = await Array.fromAsync(stream);

  expect(chunks.map(getContent)).toEqual(["", "Hel", "lo ✓.", ""]);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  expect(stream.requestId).toMatch(/^req_/);
  expect(stream.agentId).toBe("main");
  expect(stream.sessionKey).toBeUndefined();
});

test("text() returns the full text", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("Hel"), says("lo.")]) });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));

  expect(await stream.text()).toBe("Hello.");
});

test("a chunk can be read before the model produces the next one", async () => {
  const { model, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const chunks = stream[Symbol.asyncIterator]();
  const next = async (): Promise<string> => getContent((await chunks.next()).value as ChatCompletionChunk);

  expect([await next(), await next()]).toEqual(["", "one"]);
  emit({ type: "text", text: "two" });
  expect(await next()).toBe("two");
  emit(finishEvent);
  await next();
  expect(await chunks.next()).toEqual({ done: true, value: undefined });
});

test("leaving the loop stops the run", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const run = await waitForCall();
  for await (const _ of stream) break;

  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("abort() stops the run, and the reader throws", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const run = await waitForCall();
  const reading = readAll(stream);
  stream.abort();

  expect(await reading).toHaveProperty("thrown", expect.objectContaining({ name: "AbortError" }));
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("abort() stops an unread stream", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const run = await waitForCall();
  stream.abort();

  await expect.poll(() => run.signal.aborted).toBe(true);
  expect(await readAll(stream)).toEqual({
    text: "",
    thrown: expect.objectContaining({ name: "AbortError" }) as object,
  });
});

test("no chunk is yielded after an abort, even when it has arrived", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const bytes = new TextEncoder().encode(frame('{"choices":[]}').repeat(3) + frame("[DONE]"));
  const stream = await createClientOfBytes(bytes).chat.completions.create(ask("hi"), {
    signal: controller.signal,
  });
  const chunks = stream[Symbol.asyncIterator]();
  await chunks.next();
  controller.abort(reason);

  await expect(chunks.next()).rejects.toBe(reason);
});

test("the signal of the caller stops a started stream with its reason", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const controller = new AbortController();
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"), {
    signal: controller.signal,
  });
  const run = await waitForCall();
  const reading = readAll(stream);
  const reason = new Error("The user closed the window.");
  controller.abort(reason);

  expect((await reading).thrown).toBe(reason);
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("a stream cannot be read twice", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("Hello.")]) });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  await stream.text();

  await expect(stream.text()).rejects.toThrow("a stream can be read once");
});

test("an error in the middle of a stream is thrown after the text before it", async () => {
  const model = createScriptedModel([
    says("Hel"),
    fails("upstream_protocol", "The model provider's answer was cut."),
  ]);
  const gateway = await startTestGateway({ model });
  const stream = await createTestClient(gateway).chat.completions.create(ask("hi"));
  const { text, thrown } = await readAll(stream);

  expect(text).toBe("Hel");
  expect(thrown).toBeInstanceOf(GatewayRequestError);
  expect(thrown).toMatchObject({
    code: "upstream_protocol",
    type: "server_error",
    status: undefined,
    requestId: stream.requestId,
    message: "The model provider's answer was cut.",
  });
});

test("a gateway that is killed interrupts the stream, and the client throws stream_cut", async () => {
  const gateway = await startGatewayProcess();
  const stream = await createTestClient(gateway).chat.completions.create(ask("/stall after 2"));
  const chunks = stream[Symbol.asyncIterator]();
  await chunks.next();
  await gateway.end("SIGKILL");

  const { thrown } = await readAll({ [Symbol.asyncIterator]: () => chunks });
  expect(thrown).toMatchObject({ code: "stream_cut", requestId: stream.requestId });
});

test("a stream that ends at any byte before the end of [DONE] throws stream_cut", async () => {
  const chunks = ["Hel", "lo ✓."].map((content) =>
    frame(JSON.stringify({ choices: [{ delta: { content } }] })),
  );
  const bytes = new TextEncoder().encode(chunks.join("") + frame("[DONE]"));

  for (let end = 1; end < bytes.length; end += 1) {
    const stream = await createClientOfBytes(bytes.slice(0, end)).chat.completions.create(ask("hi"));
    expect(await readAll(stream)).toHaveProperty("thrown.code", "stream_cut");
  }
  const complete = await createClientOfBytes(bytes).chat.completions.create(ask("hi"));
  expect(await readAll(complete)).toEqual({ text: "Hello ✓." });
});

test("an event that is not JSON throws invalid_response", async () => {
  const bytes = new TextEncoder().encode(frame("<h1>Sorry</h1>") + frame("[DONE]"));
  const stream = await createClientOfBytes(bytes).chat.completions.create(ask("hi"));

  expect((await readAll(stream)).thrown).toMatchObject({ code: "invalid_response", requestId: "req_1" });
});
