import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket as WsWebSocket, WebSocketServer } from "ws";
import clientPackage from "../../clients/typescript/package.json" with { type: "json" };
import { createClient, type ConnectOptions, type GatewaySocket } from "../../clients/typescript/src/index.ts";
import { calls, says } from "../../contracts/examples/script.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import {
  finishEvent,
  createGatedModel,
  createScriptedModel,
  createModelSequence,
} from "../support/providers/scripted-model.ts";

async function connect(gateway: TestGateway, options: ConnectOptions = {}): Promise<GatewaySocket> {
  const socket = await createClient({ baseUrl: gateway.url, token }).connect(options);
  onTestFinished(() => socket.close());
  return socket;
}

test("hello has the client that was sent and the granted scopes", async () => {
  const gateway = await startTestGateway();
  const socket = await connect(gateway, { client: { id: "a-test" }, scopes: ["operator.read"] });
  expect(socket.hello).toMatchObject({
    protocol: 4,
    auth: { scopes: ["operator.read"] },
    snapshot: { presence: [{ host: "a-test", mode: "sdk" }], sessionDefaults: { defaultAgentId: "main" } },
  });
  await expect(socket.call("agent", { message: "hi", idempotencyKey: "k" })).rejects.toMatchObject({
    name: "GatewayRequestError",
    code: "MISSING_SCOPE",
    shouldRetry: false,
  });
});

test("calls are answered in any order, and errors have every field that the gateway sent", async () => {
  const socket = await connect(await startTestGateway());
  const [status, agents, health] = await Promise.all([
    socket.call("status"),
    socket.call("agents.list", {}),
    socket.call("health"),
  ]);
  expect([status.ok, agents.defaultId, health.ok]).toEqual([true, "main", true]);
  await expect(socket.call("chat.history", { sessionKey: "a b" })).rejects.toMatchObject({
    code: "invalid_value",
    param: "sessionKey",
    status: undefined,
    shouldRetry: false,
    message: expect.stringContaining("visible ASCII") as string,
  });
});

test("a wrong token and a missing gateway reject with a code", async () => {
  const gateway = await startTestGateway();
  const wrong = createClient({ baseUrl: gateway.url, token: "wrong" }).connect();
  await expect(wrong).rejects.toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
  await gateway.stop();
  const closedClient = createClient({ baseUrl: gateway.url, token, maxRetries: 0 }).connect();
  await expect(closedClient).rejects.toMatchObject({ code: "connection_failed" });
});

test("a server that is not a gateway is not waited for", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  server.on("connection", (ws) => ws.send("hello"));
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(createClient({ baseUrl: url }).connect()).rejects.toMatchObject({ code: "invalid_response" });

  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const reason = new Error("enough");
  const signal = AbortSignal.timeout(200);
  const baseUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await expect(createClient({ baseUrl }).connect({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
  await expect(createClient({ baseUrl }).connect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("the token is sent in the first frame and not in the URL", async () => {
  const gateway = await startTestGateway();
  const urls: string[] = [];
  class Noted extends WebSocket {
    constructor(url: string) {
      super(url);
      urls.push(url);
    }
  }
  await connect(gateway, { WebSocket: Noted });
  expect(urls).toEqual([`${gateway.url.replace("http", "ws")}/`]);
});

test("the WebSocket of the package ws can be used", async () => {
  const socket = await connect(await startTestGateway(), { WebSocket: WsWebSocket });
  expect((await socket.call("status")).ok).toBe(true);
});

test("the client sends the version of its package", async () => {
  const socket = await connect(await startTestGateway());
  const { connId } = socket.hello.server;
  const me = socket.hello.snapshot.presence.find((entry) => entry.connId === connId);
  expect(me).toMatchObject({ host: "openclaw-gateway-client", version: clientPackage.version });
});

test("a run yields its events and has a result", async () => {
  const { model } = createModelSequence(
    [says("I look"), calls("c1", "session_status", "{}")],
    [says("do"), says("ne")],
  );
  const socket = await connect(await startTestGateway({ model }));
  const run = socket.run({ message: "hi", sessionKey: "talk" });
  expect(await run.accepted).toBe("agent:main:talk");
  const received: unknown[] = [];
  for await (const { runId, stream, data } of run) {
    expect(runId).toBe(run.runId);
    received.push(stream === "assistant" ? data.text : stream === "lifecycle" ? data.phase : stream);
  }
  expect(received).toEqual(["start", "I look", "tool", "tool", "do", "done", "end"]);
  expect(await run.result).toMatchObject({ status: "ok", result: { payloads: [{ text: "I lookdone" }] } });
});

test("a failed run throws its error in the loop and in the result", async () => {
  const socket = await connect(await startTestGateway());
  const failure = { code: "rate_limit_exceeded", retryAfter: 7 };
  const run = socket.run({ message: "/error 429 7" });
  await expect(Array.fromAsync(run)).rejects.toMatchObject(failure);
  await expect(run.result).rejects.toMatchObject(failure);
  await expect(socket.run({ message: "hi", agentId: "nobody" }).accepted).rejects.toMatchObject({
    code: "model_not_found",
  });
});

test("abort stops the run; a signal rejects with its reason", async () => {
  const first = createGatedModel();
  const socket = await connect(await startTestGateway({ model: first.model }));
  const run = socket.run({ message: "hi", agentId: "main" });
  const { signal } = await first.waitForCall();
  await run.abort();
  await expect(run.result).rejects.toMatchObject({ code: "run_aborted" });
  expect(signal.aborted).toBe(true);

  const reason = new Error("enough");
  const leaving = new AbortController();
  const second = socket.run({ message: "hi" }, { signal: leaving.signal });
  await second.accepted;
  leaving.abort(reason);
  await expect(second.result).rejects.toBe(reason);
  await expect(socket.run({ message: "hi" }, { signal: leaving.signal }).result).rejects.toBe(reason);
});

test("several loops can read events until the socket is closed", async () => {
  const socket = await connect(await startTestGateway({ model: createScriptedModel([says("hello")]) }));
  const chat = socket.events("chat");
  const again = socket.events("chat");
  await socket.run({ message: "hi" }).result;
  const states: string[] = [];
  for await (const { state } of chat) {
    states.push(state);
    if (state === "final") break;
  }
  expect(states).toContain("final");
  socket.close();
  expect((await Array.fromAsync(again)).at(-1)).toMatchObject({ state: "final" });
  expect(await Array.fromAsync(socket.events("tick"))).toEqual([]);
  await expect(socket.call("status")).rejects.toMatchObject({ code: "connection_lost" });
});

test("a loop that does not read throws instead of buffering without a limit", async () => {
  const { model, emit } = createGatedModel();
  const socket = await connect(await startTestGateway({ model }));
  const events = socket.events("agent", { limit: 3 });
  const run = socket.run({ message: "hi" });
  for (let i = 0; i < 10; i += 1) emit({ type: "text", text: `${i} ` });
  emit(finishEvent);
  await run.result;
  const read: unknown[] = [];
  const reading = (async () => {
    for await (const { seq } of events) read.push(seq);
  })();
  await expect(reading).rejects.toMatchObject({ code: "events_missed" });
  expect(read).toEqual([1, 2, 3]);
});

test("an aborted call rejects with the reason, and the socket stays connected", async () => {
  const { model, waitForCall } = createGatedModel();
  const socket = await connect(await startTestGateway({ model }));
  const run = socket.run({ message: "hi" });
  await waitForCall();
  const reason = new Error("enough");
  const leaving = new AbortController();
  const waiting = socket.call("agent.wait", { runId: run.runId }, { signal: leaving.signal });
  leaving.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect((await socket.call("status")).runs).toBe(1);
  await run.abort();
});
