import { expect, test } from "vitest";
import { createClient, type GatewayClient, type ResponseEvent } from "../../clients/typescript/src/index.ts";
import { frame } from "../../contracts/sse.ts";
import { startTcpProxy } from "../support/sockets/tcp-proxy.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { quickstart } from "../support/gateway/quickstart.ts";
import { finishEvent, createGatedModel, type GatedModel } from "../support/providers/scripted-model.ts";

const request = { model: "openclaw", input: "Say hello.", stream: true as const, background: true };

async function startGated(): Promise<TestGateway & Pick<GatedModel, "emit" | "waitForCall">> {
  const { model, emit, waitForCall } = createGatedModel();
  return { ...(await startTestGateway({ config: quickstart, model })), emit, waitForCall };
}

const createTestClient = (url: string, maxRetries?: number): GatewayClient =>
  createClient({ baseUrl: url, token, maxRetries });

const isDelta = (event: ResponseEvent | undefined): boolean => event?.type === "response.output_text.delta";

const getId = ([first]: readonly ResponseEvent[]): string =>
  first?.type === "response.created" ? first.response.id : "";

test("a background stream resumes after a lost connection: every event comes once", async () => {
  const gateway = await startGated();
  const proxy = await startTcpProxy(gateway.url);
  gateway.emit({ type: "text", text: "Hel" });
  const events: ResponseEvent[] = [];
  for await (const event of await createTestClient(proxy.url).responses.create(request)) {
    events.push(event);
    if (!isDelta(event)) continue;
    proxy.dropConnections();
    const one = events.filter(isDelta).length === 1;
    gateway.emit(one ? { type: "text", text: "lo." } : finishEvent);
  }
  const complete = await createTestClient(gateway.url).responses.retrieve(getId(events), { stream: true });
  expect(events.filter(isDelta)).toHaveLength(2);
  expect(events).toEqual(await Array.fromAsync(complete));
});

test("leaving the loop does not stop the response: the rest is retrieved by its id, without a gap", async () => {
  const gateway = await startGated();
  const { responses } = createTestClient(gateway.url);
  gateway.emit({ type: "text", text: "Hel" });
  const first: ResponseEvent[] = [];
  for await (const event of await responses.create(request)) {
    first.push(event);
    if (isDelta(event)) break;
  }
  gateway.emit({ type: "text", text: "lo." });
  gateway.emit(finishEvent);
  const id = getId(first);
  const startingAfter = first.at(-1)?.sequence_number;
  const rest = await Array.fromAsync(await responses.retrieve(id, { stream: true, startingAfter }));
  const complete = await Array.fromAsync(await responses.retrieve(id, { stream: true }));

  expect([...first, ...rest]).toEqual(complete);
  const again = await responses.retrieve(id, { stream: true, startingAfter });
  expect(await again.text()).toBe("Hello.");
});

test("a stream that starts after the last event is empty and does not throw", async () => {
  const { url, emit } = await startGated();
  emit(finishEvent);
  const { responses } = createTestClient(url);
  const events = await Array.fromAsync(await responses.create(request));
  const behind = { stream: true as const, startingAfter: events.at(-1)?.sequence_number };

  expect(await Array.fromAsync(await responses.retrieve(getId(events), behind))).toEqual([]);
  const nothing = await responses.retrieve(getId(events), behind);
  await expect(nothing.response()).rejects.toThrow("retrieve the response instead");
});

test("a retrieved stream resumes after a lost connection", async () => {
  const gateway = await startGated();
  const proxy = await startTcpProxy(gateway.url);
  gateway.emit({ type: "text", text: "Hel" });
  const created: ResponseEvent[] = [];
  const replayed: ResponseEvent[] = [];
  for await (const event of await createTestClient(gateway.url).responses.create(request)) {
    created.push(event);
    if (!isDelta(event)) continue;
    for await (const seen of await createTestClient(proxy.url).responses.retrieve(getId(created), {
      stream: true,
    })) {
      replayed.push(seen);
      if (!isDelta(seen)) continue;
      proxy.dropConnections();
      gateway.emit(finishEvent);
    }
  }
  expect(replayed).toEqual(created);
});

test("the stream of a foreground response is retrieved when it has ended, and resumes too", async () => {
  const gateway = await startGated();
  gateway.emit({ type: "text", text: "Hel" });
  gateway.emit({ type: "text", text: "lo." });
  gateway.emit(finishEvent);
  const { responses } = createTestClient(gateway.url);
  const { id } = await responses.create({ ...request, stream: false, background: false });
  const proxy = await startTcpProxy(gateway.url);
  const replayed: ResponseEvent[] = [];
  for await (const event of await createTestClient(proxy.url).responses.retrieve(id, { stream: true })) {
    replayed.push(event);
    if (isDelta(event)) proxy.dropConnections();
  }
  expect(replayed).toEqual(await Array.fromAsync(await responses.retrieve(id, { stream: true })));
  expect(replayed.filter(isDelta)).toMatchObject([{ delta: "Hello." }]);
});

test("a foreground stream does not resume: its run is aborted with the connection", async () => {
  const gateway = await startGated();
  const proxy = await startTcpProxy(gateway.url);
  gateway.emit({ type: "text", text: "Hel" });
  const reading = async (): Promise<void> => {
    for await (const event of await createTestClient(proxy.url).responses.create({
      ...request,
      background: false,
    }))
      if (isDelta(event)) proxy.dropConnections();
  };
  await expect(reading()).rejects.toMatchObject({ code: "stream_cut" });
  const run = await gateway.waitForCall();
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test.each([
  [undefined, 3],
  [0, 1],
])(
  "with maxRetries %s a stream that is interrupted without a new event is requested %s times",
  async (maxRetries, times) => {
    const created = {
      type: "response.created",
      sequence_number: 0,
      response: { id: "resp_1", background: true },
    };
    const paths: string[] = [];
    const client = createClient({
      baseUrl: "http://gateway.test",
      maxRetries,
      fetch: ({ url }) => {
        const { pathname, search } = new URL(url);
        paths.push(pathname + search);
        return Promise.resolve(
          new Response(paths.length === 1 ? frame(JSON.stringify(created)) : ": nothing\n\n"),
        );
      },
    });
    const stream = await client.responses.create(request);
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ code: "stream_cut" });
    const again = "/v1/responses/resp_1?stream=true&starting_after=0";
    expect(paths).toEqual(["/v1/responses", again, again].slice(0, times));
  },
);

test("an abort ends the wait for a new connection with its reason", async () => {
  const gateway = await startGated();
  const proxy = await startTcpProxy(gateway.url);
  const controller = new AbortController();
  const reason = new Error("The user closed the window.");
  gateway.emit({ type: "text", text: "Hel" });
  const { signal } = controller;
  const stream = await createTestClient(proxy.url).responses.create(request, { signal });
  const reading = async (): Promise<void> => {
    for await (const event of stream) {
      if (!isDelta(event)) continue;
      proxy.dropConnections();
      setTimeout(() => controller.abort(reason), 50);
    }
  };
  await expect(reading()).rejects.toBe(reason);
  gateway.emit(finishEvent);
});

test("a response that is deleted during a reconnect ends the stream with an error", async () => {
  const gateway = await startGated();
  const { responses } = createTestClient(gateway.url);
  gateway.emit({ type: "text", text: "Hel" });
  const events: ResponseEvent[] = [];
  const reading = async (): Promise<void> => {
    for await (const event of await responses.create(request)) {
      events.push(event);
      if (isDelta(event)) await responses.delete(getId(events));
    }
  };
  await expect(reading()).rejects.toMatchObject({ name: "GatewayRequestError" });
  await expect(responses.retrieve(getId(events))).rejects.toMatchObject({ code: "response_not_found" });
});
