import { expect, test } from "vitest";
import {
  createClient,
  GatewayRequestError,
  outputText,
  type GatewayClient,
  type ResponseEvent,
} from "../../clients/typescript/src/index.ts";
import { ends, fails, says } from "../../contracts/examples/script.ts";
import { frame } from "../../contracts/sse.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { quickstart } from "../support/gateway/quickstart.ts";
import { finishEvent, createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

const request = { model: "openclaw", input: "Say hello.", stream: true as const };

const start = (options: Parameters<typeof startTestGateway>[0] = {}): Promise<TestGateway> =>
  startTestGateway({ config: quickstart, ...options });

const createTestClient = ({ url }: { readonly url: string }): GatewayClient =>
  createClient({ baseUrl: url, token });

/** A client whose gateway sends these bytes for every request. */
function clientOfBytes(bytes: Uint8Array<ArrayBuffer>): GatewayClient {
  const headers = { "content-type": "text/event-stream", "x-request-id": "req_1" };
  return createClient({
    baseUrl: "http://gateway.test",
    fetch: () => Promise.resolve(new Response(bytes, { headers })),
  });
}

/** Reads a stream to its end. Returns the events and the thrown error, if any. */
async function readAll(
  stream: AsyncIterable<ResponseEvent>,
): Promise<{ readonly events: readonly ResponseEvent[]; readonly thrown?: unknown }> {
  const events: ResponseEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
    return { events };
  } catch (thrown) {
    return { events, thrown };
  }
}

const getDelta = (event: ResponseEvent | undefined): string =>
  event?.type === "response.output_text.delta" ? event.delta : "";

test("a stream yields the events without gaps, and has the request id and the agent id", async () => {
  const gateway = await start({ model: createScriptedModel([says("Hel"), says("lo ✓.")]) });
  const stream = await createTestClient(gateway).responses.create(request);
  const events = await Array.fromAsync(stream);

  expect(events.map(getDelta).join("")).toBe("Hello ✓.");
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect([events[0]?.type, events.at(-1)?.type]).toEqual(["response.created", "response.completed"]);
  expect(stream.requestId).toMatch(/^req_/);
  expect(stream.agentId).toBe("main");
  expect(stream.sessionKey).toBeUndefined();
});

test("response() returns the response as it is stored, and text() its text", async () => {
  const gateway = await start({ model: createScriptedModel([says("Hel"), says("lo.")]) });
  const { responses } = createTestClient(gateway);
  const response = await (await responses.create(request)).response();

  expect(outputText(response)).toBe("Hello.");
  expect(response).toEqual(await responses.retrieve(response.id));
  expect(await (await responses.create(request)).text()).toBe("Hello.");
});

test("an event can be read before the model produces the next one", async () => {
  const { model, emit } = createGatedModel();
  const gateway = await start({ model });
  emit({ type: "text", text: "one" });
  const stream = await createTestClient(gateway).responses.create(request);
  const texts: string[] = [];
  for await (const event of stream) {
    const delta = getDelta(event);
    if (delta !== "") texts.push(delta);
    if (delta === "one") emit({ type: "text", text: "two" });
    if (delta === "two") emit(finishEvent);
  }
  expect(texts).toEqual(["one", "two"]);
});

test("leaving the loop, abort() and the signal stop the run", async () => {
  const reason = new Error("The user closed the window.");
  for (const way of ["leave", "abort", "signal"] as const) {
    const { model, emit, waitForCall } = createGatedModel();
    const gateway = await start({ model });
    const controller = new AbortController();
    emit({ type: "text", text: "one" });
    const stream = await createTestClient(gateway).responses.create(request, { signal: controller.signal });
    const run = await waitForCall();
    if (way === "leave") for await (const _ of stream) break;
    const reading = way === "leave" ? undefined : readAll(stream);
    if (way === "abort") stream.abort();
    if (way === "signal") controller.abort(reason);

    await expect.poll(() => run.signal.aborted).toBe(true);
    if (way === "abort") expect((await reading)?.thrown).toMatchObject({ name: "AbortError" });
    if (way === "signal") expect((await reading)?.thrown).toBe(reason);
  }
});

test("a stream cannot be read twice", async () => {
  const stream = await createTestClient(await start()).responses.create(request);
  await stream.text();
  await expect(stream.response()).rejects.toThrow("a stream can be read once");
});

test("an incomplete response ends the stream normally, with its reason", async () => {
  const model = createScriptedModel([says("Once"), ends({ input: 1, output: 1 }, "length")]);
  const { responses } = createTestClient(await start({ model }));
  const response = await (await responses.create(request)).response();
  expect(response).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  });
});

test("an error is thrown after all events that report it", async () => {
  const model = createScriptedModel([
    says("Hel"),
    fails("upstream_protocol", "The model provider's answer was cut."),
  ]);
  const stream = await createTestClient(await start({ model })).responses.create(request);
  const { events, thrown } = await readAll(stream);

  expect(events.map(getDelta).join("")).toBe("Hel");
  expect(events.slice(-2)).toMatchObject([
    { type: "error", code: "upstream_protocol" },
    { type: "response.failed", response: { status: "failed" } },
  ]);
  expect(thrown).toBeInstanceOf(GatewayRequestError);
  expect(thrown).toMatchObject({
    code: "upstream_protocol",
    type: "server_error",
    status: undefined,
    requestId: stream.requestId,
    message: "The model provider's answer was cut.",
  });
});

test("a resumed stream throws the error of a failed response, and run_aborted for a cancelled one", async () => {
  const { model, emit } = createGatedModel();
  const failing = createScriptedModel([says("Hel"), fails("upstream_error", "It broke.")]);
  const failed = createTestClient(await start({ model: failing })).responses;
  const cancelled = createTestClient(await start({ model })).responses;
  emit({ type: "text", text: "Hel" });
  const { events } = await readAll(await failed.create(request));
  const { id } = await cancelled.create({ ...request, stream: false, background: true });
  await cancelled.cancel(id);

  const [created] = events;
  const failedId = created?.type === "response.created" ? created.response.id : "";
  const rest = await readAll(
    await failed.retrieve(failedId, { stream: true, startingAfter: events.length - 2 }),
  );
  expect(rest.events).toEqual(events.slice(-1));
  expect(rest.thrown).toMatchObject({ code: "server_error", message: "It broke." });
  const replay = await readAll(await cancelled.retrieve(id, { stream: true }));
  expect(replay.events.at(-1)).toMatchObject({ type: "response.failed", response: { status: "cancelled" } });
  expect(replay.thrown).toMatchObject({ code: "run_aborted" });
  const last = replay.events.at(-2)?.sequence_number;
  const end = await readAll(await cancelled.retrieve(id, { stream: true, startingAfter: last }));
  expect(end.thrown).toMatchObject({ code: "run_aborted" });
});

test("a gateway that is killed interrupts the stream, and the client throws stream_cut", async () => {
  const gateway = await startGatewayProcess({ config: quickstart });
  const stream = await createTestClient(gateway).responses.create({ ...request, input: "/stall after 2" });
  let killed: Promise<unknown> | undefined;
  const events = async function* (): AsyncGenerator<ResponseEvent> {
    for await (const event of stream) {
      yield event;
      killed ??= gateway.end("SIGKILL");
    }
  };
  expect((await readAll(events())).thrown).toMatchObject({ code: "stream_cut", requestId: stream.requestId });
});

const eventBytes = (type: string, more: object = {}): string =>
  frame(JSON.stringify({ type, sequence_number: 0, response: { background: false }, ...more }), type);

test.each(["response.completed", "response.incomplete"])(
  "a stream that ends at any byte before the end of its %s is cut, never complete",
  async (type) => {
    const delta = eventBytes("response.output_text.delta", { delta: "Hello ✓." });
    const encoder = new TextEncoder();
    const bytes = encoder.encode(eventBytes("response.created") + delta + eventBytes(type));

    for (let end = 1; end < bytes.length; end += 1) {
      const stream = await clientOfBytes(bytes.slice(0, end)).responses.create(request);
      expect(await readAll(stream)).toHaveProperty("thrown.code", "stream_cut");
    }
    const complete = await readAll(await clientOfBytes(bytes).responses.create(request));
    expect(complete.events).toHaveLength(3);
    expect(complete).not.toHaveProperty("thrown");
  },
);

test("a [DONE] without a final event before it does not complete a stream", async () => {
  const bytes = new TextEncoder().encode(eventBytes("response.created") + frame("[DONE]"));
  const stream = await clientOfBytes(bytes).responses.create(request);
  expect(await readAll(stream)).toHaveProperty("thrown.code", "stream_cut");
});

test("an error event without response.failed is thrown", async () => {
  const error = { type: "server_error", code: "run_aborted", message: "It was ended.", param: null };
  const bytes = new TextEncoder().encode(eventBytes("response.created") + eventBytes("error", { error }));
  const { events, thrown } = await readAll(await clientOfBytes(bytes).responses.create(request));
  expect(events.map(({ type }) => type)).toEqual(["response.created", "error"]);
  expect(thrown).toMatchObject({ code: "run_aborted", message: "It was ended.", requestId: "req_1" });
});

test("an event that is not JSON throws invalid_response", async () => {
  const bytes = new TextEncoder().encode(frame("<h1>Sorry</h1>"));
  const { thrown } = await readAll(await clientOfBytes(bytes).responses.create(request));
  expect(thrown).toMatchObject({ code: "invalid_response", requestId: "req_1" });
});

test("no event is yielded after an abort, even when it has arrived", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const bytes = new TextEncoder().encode(eventBytes("response.in_progress").repeat(3));
  const stream = await clientOfBytes(bytes).responses.create(request, { signal: controller.signal });
  const events = stream[Symbol.asyncIterator]();
  await events.next();
  controller.abort(reason);
  await expect(events.next()).rejects.toBe(reason);
});
