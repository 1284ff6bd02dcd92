import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket as PlainWebSocket, WebSocketServer, type WebSocket as ServerSocket } from "ws";
import { createClient, type ConnectOptions, type EventGap } from "../../clients/typescript/src/index.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { finishEvent, createGatedModel } from "../support/providers/scripted-model.ts";

interface Proxy {
  readonly url: string;
  /** Number of connections so far. */
  connections(): number;
  /** Destroys all connections without a close frame. */
  disconnectAll(): void;
  /** Destroys all connections and accepts no new ones. */
  stop(): void;
}

/** Forwards frames to the gateway and back. `transform` may change or drop frames from the gateway. */
async function startProxy(
  gatewayUrl: string | (() => string),
  transform = (frame: string): string | undefined => frame,
): Promise<Proxy> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  let connections = 0;
  server.on("connection", (ws: ServerSocket) => {
    connections += 1;
    const target = typeof gatewayUrl === "string" ? gatewayUrl : gatewayUrl();
    const upstream = new WebSocket(target.replace("http", "ws"));
    const early: string[] = [];
    ws.on("message", (data: Buffer) => {
      if (upstream.readyState === upstream.OPEN) upstream.send(data.toString());
      else early.push(data.toString());
    });
    upstream.addEventListener("open", () => {
      for (const frame of early) upstream.send(frame);
    });
    upstream.addEventListener("message", ({ data }) => {
      const frame = transform(String(data));
      if (frame !== undefined) ws.send(frame);
    });
    upstream.addEventListener("close", () => ws.close());
    ws.on("close", () => upstream.close());
  });
  const disconnectAll = (): void => {
    for (const ws of server.clients) ws.terminate();
  };
  onTestFinished(() => {
    server.close();
    disconnectAll();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    disconnectAll,
    stop: () => {
      server.close();
      disconnectAll();
    },
  };
}

const connect = async (url: string, options: ConnectOptions = {}) => {
  const socket = await createClient({ baseUrl: url, token }).connect(options);
  onTestFinished(() => socket.close());
  return socket;
};

test("a lost connection is replaced: calls wait for the next one, events continue, and the gap is reported", async () => {
  const gateway = await startTestGateway();
  const proxy = await startProxy(gateway.url);
  const gaps: EventGap[] = [];
  const socket = await connect(proxy.url, { onGap: (gap) => gaps.push(gap) });
  const chat = socket.events("chat");
  const before = socket.hello.server.connId;
  proxy.disconnectAll();
  await expect.poll(() => gaps).toEqual([{ reason: "reconnected" }]);
  expect((await socket.call("status")).ok).toBe(true);
  expect(socket.hello.server.connId).not.toBe(before);
  await socket.run({ message: "hi" }).result;
  expect((await chat.next()).value).toMatchObject({ state: expect.any(String) as string });
  expect(proxy.connections()).toBe(2);
});

test("a run continues during a lost connection, its result arrives afterwards, and the model is called once", async () => {
  const { model, emit, waitForCall } = createGatedModel();
  let modelCalls = 0;
  const gateway = await startTestGateway({
    model: (call, signal) => {
      modelCalls += 1;
      return model(call, signal);
    },
  });
  const proxy = await startProxy(gateway.url);
  const socket = await connect(proxy.url);
  const run = socket.run({ message: "hi" });
  const texts: string[] = [];
  const reading = (async () => {
    for await (const { stream, data } of run) if (stream === "assistant") texts.push(data.text ?? "");
  })();
  await waitForCall();
  emit({ type: "text", text: "one " });
  await expect.poll(() => texts).toEqual(["one "]);
  proxy.disconnectAll();
  emit({ type: "text", text: "two " });
  await expect.poll(proxy.connections).toBe(2);
  await expect.poll(async () => (await socket.call("status")).connections).toBe(1);
  emit({ type: "text", text: "three" });
  await expect.poll(() => texts.at(-1)).toBe("one two three");
  emit(finishEvent);
  expect(await run.result).toMatchObject({ result: { payloads: [{ text: "one two three" }] } });
  await reading;
  expect(modelCalls).toBe(1);
});

test("a run that failed during a lost connection does not run again", async () => {
  let modelCalls = 0;
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({
    model: (call, signal) => {
      modelCalls += 1;
      return model(call, signal);
    },
  });
  const proxy = await startProxy(gateway.url);
  const socket = await connect(proxy.url);
  const run = socket.run({ message: "hi", timeout: 1 });
  await waitForCall();
  proxy.disconnectAll();
  await expect(run.result).rejects.toMatchObject({ code: "run_timeout" });
  emit(finishEvent);
  expect(modelCalls).toBe(1);
});

test("an unanswered call rejects, because the gateway may have executed it", async () => {
  const { model, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const proxy = await startProxy(gateway.url);
  const socket = await connect(proxy.url);
  const run = socket.run({ message: "hi" });
  await waitForCall();
  const waiting = socket.call("agent.wait", { runId: run.runId });
  const refused = expect(waiting).rejects.toMatchObject({ code: "connection_lost" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.disconnectAll();
  await refused;
  await run.abort();
});

test("without a new connection in time everything ends with the reason", async () => {
  const gateway = await startTestGateway({ config: { gateway: { limits: { drainMs: 1 } } } });
  const proxy = await startProxy(gateway.url);
  const socket = await connect(proxy.url, { reconnectMs: 300 });
  const ticks = socket.events("tick");
  proxy.stop();
  await expect(ticks.next()).rejects.toMatchObject({ code: "connection_failed" });
  await expect(socket.call("status")).rejects.toMatchObject({ code: "connection_failed" });

  const other = await startProxy(gateway.url);
  const once = await connect(other.url, { reconnectMs: 0 });
  const run = once.run({ message: "/stall" });
  await run.accepted;
  other.disconnectAll();
  await expect(run.result).rejects.toMatchObject({ code: "connection_lost" });
});

test("a connection without ticks is replaced", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => server.close());
  const codes: number[] = [];
  const payload = { server: { version: "1", connId: "c" }, policy: { tickIntervalMs: 50 } };
  server.on("connection", (ws) => {
    ws.on("message", (data: Buffer) => {
      const { id } = JSON.parse(data.toString()) as { id: string };
      ws.send(JSON.stringify({ type: "res", id, ok: true, payload }));
    });
    ws.on("close", (code) => codes.push(code));
  });
  const gaps: EventGap[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await connect(url, { onGap: (gap) => gaps.push(gap) });
  await expect.poll(() => codes[0]).toBe(4000);
  await expect.poll(() => gaps[0]).toEqual({ reason: "reconnected" });
});

test("messages on an abandoned connection are ignored", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => server.close());
  const late = JSON.stringify({ type: "event", event: "tick", payload: { ts: 1 }, seq: 7 });
  server.on("connection", (ws) => {
    ws.once("message", (data: Buffer) => {
      const { id } = JSON.parse(data.toString()) as { id: string };
      const others = [...server.clients].filter((other) => other !== ws);
      const policy = { tickIntervalMs: others.length === 0 ? 50 : 60_000 };
      const payload = { server: { version: "1", connId: "c" }, policy };
      ws.send(JSON.stringify({ type: "res", id, ok: true, payload }));
      // The proxy does not forward the close of this connection.
      ws.pause();
      for (const other of others) other.send(late);
    });
  });
  const gaps: EventGap[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const heard: string[] = [];
  class Heard extends PlainWebSocket {
    constructor(address: string) {
      super(address);
      this.on("message", (data: Buffer) => heard.push(data.toString()));
    }
  }
  await connect(url, { WebSocket: Heard, onGap: (gap) => gaps.push(gap) });
  await expect.poll(() => heard).toContain(late);
  await expect.poll(() => gaps).toEqual([{ reason: "reconnected" }]);
});

test("a gap in the sequence numbers is reported", async () => {
  const gateway = await startTestGateway();
  const proxy = await startProxy(gateway.url, (frame) => (/"seq":2[,}]/.test(frame) ? undefined : frame));
  const gaps: EventGap[] = [];
  const socket = await connect(proxy.url, { onGap: (gap) => gaps.push(gap) });
  await socket.run({ message: "hi" }).result;
  expect(gaps).toContainEqual({ reason: "sequence", expected: 2, received: 3 });
});

test("the socket reconnects after a restart of the gateway, and reports the interrupted run", async () => {
  const first = await startGatewayProcess();
  let { url } = first;
  const socket = await connect((await startProxy(() => url)).url);
  const run = socket.run({ message: "/stall after 1 one" });
  const rejection = expect(run.result).rejects.toMatchObject({ code: "run_interrupted" });
  for await (const { stream } of run) if (stream === "assistant") break;
  await first.end("SIGKILL");
  ({ url } = await startGatewayProcess({ stateDir: first.stateDir }));
  await rejection;
  expect((await socket.call("status")).ok).toBe(true);
});
