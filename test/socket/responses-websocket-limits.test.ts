import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createKey, callAsOperator } from "../support/gateway/keys.ts";
import { openResponsesWebSocket, type SocketEvent } from "../support/sockets/responses-websocket.ts";
import { finishEvent, createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";

const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
const authorization = `Bearer ${token}`;

describe("a client that may not connect", () => {
  async function getError(gateway: TestGateway, headers: Readonly<Record<string, string>>) {
    const upgradeRequest = request(`${gateway.url}/v1/responses`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...headers,
      },
    }).end();
    const [response] = (await once(upgradeRequest, "response")) as [IncomingMessage];
    const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as SocketEvent;
    return { status: response.statusCode, headers: response.headers, ...body.error };
  }

  test("receives the same error as over HTTP", async () => {
    const gateway = await startTestGateway({ config });
    expect(await getError(gateway, {})).toMatchObject({
      status: 401,
      code: "invalid_api_key",
      headers: { "www-authenticate": "Bearer", "x-content-type-options": "nosniff" },
    });
    expect(await getError(gateway, { authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
    expect(await getError(gateway, { authorization, origin: "https://evil.example" })).toMatchObject({
      status: 403,
    });
    expect(await getError(gateway, { authorization, host: "evil.example" })).toMatchObject({ status: 421 });
    expect(await getError(gateway, { authorization, "idempotency-key": "k" })).toMatchObject({
      status: 400,
      param: "idempotency-key",
    });
    expect(await getError(gateway, { authorization, "x-openclaw-session-key": "ü" })).toMatchObject({
      status: 400,
    });
    expect(await getError(gateway, { authorization, "sec-websocket-version": "7" })).toMatchObject({
      status: 400,
    });
  });

  test("learns which setting enables it", async () => {
    const gateway = await startTestGateway();
    expect(await getError(gateway, { authorization })).toMatchObject({
      // Codex falls back to HTTP after this status only.
      status: 426,
      code: "websocket_disabled",
      headers: { upgrade: "HTTP/1.1" },
      message: expect.stringContaining("gateway.http.endpoints.responses.enabled"),
    });
  });
});

test("closing the socket aborts the run", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ input: "a" });
  const { signal } = await gated.waitForCall();
  gated.emit({ type: "text", text: "half" });
  await socket.waitForEvent(({ type }) => type === "response.output_text.delta");
  const id = socket.events[0]?.response?.id ?? "";
  const aborted = once(signal, "abort");
  socket.ws.terminate();
  await aborted;
  await expect
    .poll(async () => {
      const response = await fetch(`${gateway.url}/v1/responses/${id}`, { headers: { authorization } });
      return ((await response.json()) as { status: string }).status;
    })
    .toBe("cancelled");
});

test("a run of a session continues without its socket if the gateway is configured so", async () => {
  const gated = createGatedModel();
  const finishing = { gateway: { http: { ...config.gateway.http, onDisconnect: "finish" as const } } };
  const gateway = await startTestGateway({ config: finishing, model: gated.model });
  const headers = { authorization, "x-openclaw-session-key": "tea" };
  const socket = await openResponsesWebSocket(gateway.url, { headers });
  socket.create({ input: "a" });
  await gated.waitForCall();
  gated.emit({ type: "text", text: "whole" });
  await socket.waitForEvent(({ type }) => type === "response.output_text.delta");
  socket.ws.terminate();
  await socket.closed;
  gated.emit(finishEvent);
  await expect
    .poll(async () => {
      const history = await fetch(`${gateway.url}/sessions/tea/history`, { headers: { authorization } });
      return await history.text();
    })
    .toContain("whole");
});

describe("a connection that is too old", () => {
  test("receives an error and is closed when idle", async () => {
    const gateway = await startTestGateway({ config, responsesSocketLimits: { maxAgeMs: 50 } });
    const socket = await openResponsesWebSocket(gateway.url);
    expect(await socket.closed).toEqual({ code: 1000, reason: "connect again" });
    expect(socket.events).toMatchObject([
      { type: "error", status: 400, error: { code: "websocket_connection_limit_reached" } },
    ]);
  });

  test("completes the current response, and starts no queued request", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({
      config,
      model: gated.model,
      responsesSocketLimits: { maxAgeMs: 1_000 },
    });
    const socket = await openResponsesWebSocket(gateway.url);
    // The gateway counts from the upgrade, which is before this.
    const opened = performance.now();
    socket.create({ input: "a" });
    socket.create({ input: "b" });
    await gated.waitForCall();
    await expect.poll(() => performance.now() - opened).toBeGreaterThan(1_100);
    gated.emit({ type: "text", text: "whole" });
    gated.emit(finishEvent);
    await socket.closed;
    expect(socket.events.slice(-2).map(({ type }) => type)).toEqual(["response.completed", "error"]);
    expect(socket.events.filter(({ type }) => type === "response.created")).toHaveLength(1);
  });
});

test("requests beyond the queue limit are rejected", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({
    config,
    model: gated.model,
    responsesSocketLimits: { maxQueued: 2 },
  });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ input: "a" });
  await gated.waitForCall();
  for (let each = 0; each < 3; each += 1) socket.create({ input: "b" });
  const errorEvent = await socket.waitForEvent(({ type }) => type === "error");
  expect(errorEvent).toMatchObject({ status: 503, error: { code: "server_overloaded" } });
  for (let each = 0; each < 3; each += 1) gated.emit(finishEvent);
  await expect.poll(() => socket.events.filter(({ type }) => type === "response.completed").length).toBe(3);
});

test("a gateway that stops completes the current response, starts no other, and closes", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const idle = await openResponsesWebSocket(gateway.url);
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ input: "a" });
  await gated.waitForCall();
  const stopped = gateway.stop();
  expect(await idle.createAndWait({ input: "b" })).toMatchObject([
    { status: 503, error: { code: "shutting_down" } },
  ]);
  gated.emit({ type: "text", text: "whole" });
  gated.emit(finishEvent);
  await stopped;
  expect(socket.events.at(-1)?.type).toBe("response.completed");
  expect((await socket.closed).code).toBe(1012);
});

test("a client that does not read stops the model, and is disconnected", async () => {
  let chunks = 0;
  let isAborted = false;
  const gateway = await startTestGateway({
    config: { gateway: { ...config.gateway, limits: { slowReaderMs: 300 } } },
    async *model(_call, signal) {
      signal.addEventListener("abort", () => (isAborted = true));
      for (; chunks < 1_000 && !signal.aborted; chunks += 1) {
        yield { type: "text", text: "x".repeat(100_000) };
        await new Promise(setImmediate);
      }
    },
  });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.ws.pause();
  onTestFinished(() => socket.ws.resume());
  socket.create({ input: "a" });
  await expect.poll(() => isAborted).toBe(true);
  expect(chunks).toBeLessThan(300);
});

test("errors do not pile up for a client that reads none of them", async () => {
  const gateway = await startTestGateway({ config });
  const other = await openResponsesWebSocket(gateway.url);
  const socket = await openResponsesWebSocket(gateway.url);
  socket.ws.pause();
  const frames = 80_000;
  for (let each = 0; each < frames; each += 1) socket.ws.send("1");
  expect(await other.createAndWait({ input: 42 })).toMatchObject([{ status: 400 }]);
  await new Promise((resolve) => socket.ws.send("1", resolve));
  socket.ws.resume();
  expect(await socket.closed).toEqual({ code: 1013, reason: "you do not read: connect again" });
  expect(socket.events.length).toBeLessThan(frames);
});

test("a frame that is too large closes its socket only", async () => {
  const { model } = createModelSequence([{ text: "fine" }]);
  const small = { responses: { enabled: true, maxBodyBytes: 10_000 } };
  const gateway = await startTestGateway({ config: { gateway: { http: { endpoints: small } } }, model });
  const other = await openResponsesWebSocket(gateway.url);
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ input: "x".repeat(20_000) });
  expect((await socket.closed).code).toBe(1009);
  expect((await other.createAndWait({ input: "a" })).at(-1)?.type).toBe("response.completed");
});

test("a binary frame closes the socket", async () => {
  const gateway = await startTestGateway({ config });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.ws.send(Buffer.from("{}"), { binary: true });
  expect(await socket.closed).toEqual({ code: 1003, reason: "frames are text" });
});

describe("a key", () => {
  test("needs the permission to run, and has a rate limit", async () => {
    const gateway = await startTestGateway({ config, model: createModelSequence([{ text: "fine" }]).model });
    const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
    const tools = await createKey(gateway, "tools", { scopes: ["tools"] });
    await expect(openResponsesWebSocket(gateway.url, bearer(tools))).rejects.toThrow("403");
    const slow = await createKey(gateway, "slow", { scopes: ["run"], requestsPerMinute: 3 });
    const socket = await openResponsesWebSocket(gateway.url, bearer(slow));
    // Opening the socket counts as a request.
    for (let each = 0; each < 2; each += 1)
      expect((await socket.createAndWait({ input: "a" })).at(-1)?.type).toBe("response.completed");
    expect(await socket.createAndWait({ input: "a" })).toMatchObject([
      { status: 429, error: { code: "too_many_requests" } },
    ]);
  });

  test("that is revoked ends its run and its socket with an error", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({ config, model: gated.model });
    const secret = await createKey(gateway, "ada");
    const socket = await openResponsesWebSocket(gateway.url, {
      headers: { authorization: `Bearer ${secret}` },
    });
    socket.create({ input: "a" });
    const { signal } = await gated.waitForCall();
    const aborted = once(signal, "abort");
    await callAsOperator(gateway, "keys.revoke", { name: "ada" });
    await aborted;
    expect((await socket.closed).code).toBe(1008);
    expect(socket.events.at(-1)).toMatchObject({
      type: "error",
      status: 401,
      error: { message: expect.stringContaining("revoked") },
    });
  });
});
