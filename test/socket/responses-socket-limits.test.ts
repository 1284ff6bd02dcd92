import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { startTestGateway, token, type TestGateway } from "../support/gateway.ts";
import { makeKey, manage } from "../support/keys.ts";
import { openResponsesSocket, type SocketEvent } from "../support/responses-socket.ts";
import { finish, gatedModel, sequence } from "../support/scripted-model.ts";

const config = { gateway: { http: { endpoints: { responses: { enabled: true } } } } };
const authorization = `Bearer ${token}`;

describe("who may not open it", () => {
  async function refusal(gateway: TestGateway, headers: Readonly<Record<string, string>>) {
    const asked = request(`${gateway.url}/v1/responses`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...headers,
      },
    }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as SocketEvent;
    return { status: response.statusCode, headers: response.headers, ...body.error };
  }

  test("is told so as over HTTP", async () => {
    const gateway = await startTestGateway({ config });
    expect(await refusal(gateway, {})).toMatchObject({
      status: 401,
      code: "invalid_api_key",
      headers: { "www-authenticate": "Bearer", "x-content-type-options": "nosniff" },
    });
    expect(await refusal(gateway, { authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
    expect(await refusal(gateway, { authorization, origin: "https://evil.example" })).toMatchObject({
      status: 403,
    });
    expect(await refusal(gateway, { authorization, host: "evil.example" })).toMatchObject({ status: 421 });
    expect(await refusal(gateway, { authorization, "idempotency-key": "k" })).toMatchObject({
      status: 400,
      param: "idempotency-key",
    });
    expect(await refusal(gateway, { authorization, "x-openclaw-session-key": "ü" })).toMatchObject({
      status: 400,
    });
    expect(await refusal(gateway, { authorization, "sec-websocket-version": "7" })).toMatchObject({
      status: 400,
    });
  });

  test("is told which switch would open it", async () => {
    const gateway = await startTestGateway();
    expect(await refusal(gateway, { authorization })).toMatchObject({
      status: 404,
      code: "endpoint_disabled",
      message: expect.stringContaining("gateway.http.endpoints.responses.enabled"),
    });
  });
});

test("closing the socket aborts the run", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const socket = await openResponsesSocket(gateway.url);
  socket.create({ input: "a" });
  const { signal } = await gated.called();
  gated.give({ type: "text", text: "half" });
  await socket.next(({ type }) => type === "response.output_text.delta");
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

test("a session's run goes on without its socket where the gateway is set so", async () => {
  const gated = gatedModel();
  const finishing = { gateway: { http: { ...config.gateway.http, onDisconnect: "finish" as const } } };
  const gateway = await startTestGateway({ config: finishing, model: gated.model });
  const headers = { authorization, "x-openclaw-session-key": "tea" };
  const socket = await openResponsesSocket(gateway.url, { headers });
  socket.create({ input: "a" });
  await gated.called();
  gated.give({ type: "text", text: "whole" });
  await socket.next(({ type }) => type === "response.output_text.delta");
  socket.ws.terminate();
  await socket.closed;
  gated.give(finish);
  await expect
    .poll(async () => {
      const history = await fetch(`${gateway.url}/sessions/tea/history`, { headers: { authorization } });
      return await history.text();
    })
    .toContain("whole");
});

describe("after its time", () => {
  test("an idle socket is told, and closed", async () => {
    const gateway = await startTestGateway({ config, responsesSocketLimits: { maxAgeMs: 50 } });
    const socket = await openResponsesSocket(gateway.url);
    expect(await socket.closed).toEqual({ code: 1000, reason: "connect again" });
    expect(socket.events).toMatchObject([
      { type: "error", status: 400, error: { code: "websocket_connection_limit_reached" } },
    ]);
  });

  test("the response in the making is whole, and the requests behind it are not begun", async () => {
    const gated = gatedModel();
    const gateway = await startTestGateway({
      config,
      model: gated.model,
      responsesSocketLimits: { maxAgeMs: 200 },
    });
    const opened = performance.now();
    const socket = await openResponsesSocket(gateway.url);
    socket.create({ input: "a" });
    socket.create({ input: "b" });
    await gated.called();
    await expect.poll(() => performance.now() - opened).toBeGreaterThan(300);
    gated.give({ type: "text", text: "whole" });
    gated.give(finish);
    await socket.closed;
    expect(socket.events.slice(-2).map(({ type }) => type)).toEqual(["response.completed", "error"]);
    expect(socket.events.filter(({ type }) => type === "response.created")).toHaveLength(1);
  });
});

test("requests that pile up behind one that runs are refused beyond a number", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({
    config,
    model: gated.model,
    responsesSocketLimits: { maxWaiting: 2 },
  });
  const socket = await openResponsesSocket(gateway.url);
  socket.create({ input: "a" });
  await gated.called();
  for (let each = 0; each < 3; each += 1) socket.create({ input: "b" });
  const refused = await socket.next(({ type }) => type === "error");
  expect(refused).toMatchObject({ status: 503, error: { code: "server_overloaded" } });
  for (let each = 0; each < 3; each += 1) gated.give(finish);
  await expect.poll(() => socket.events.filter(({ type }) => type === "response.completed").length).toBe(3);
});

test("a gateway that stops lets the response in the making finish, begins none, and closes", async () => {
  const gated = gatedModel();
  const gateway = await startTestGateway({ config, model: gated.model });
  const idle = await openResponsesSocket(gateway.url);
  const socket = await openResponsesSocket(gateway.url);
  socket.create({ input: "a" });
  await gated.called();
  const stopped = gateway.stop();
  expect(await idle.ask({ input: "b" })).toMatchObject([{ status: 503, error: { code: "shutting_down" } }]);
  gated.give({ type: "text", text: "whole" });
  gated.give(finish);
  await stopped;
  expect(socket.events.at(-1)?.type).toBe("response.completed");
  expect((await socket.closed).code).toBe(1012);
});

test("a reader that does not read stops the model, and is cut", async () => {
  let made = 0;
  let left = false;
  const gateway = await startTestGateway({
    config: { gateway: { ...config.gateway, limits: { slowReaderMs: 300 } } },
    async *model(_call, signal) {
      signal.addEventListener("abort", () => (left = true));
      for (; made < 1_000 && !signal.aborted; made += 1) {
        yield { type: "text", text: "x".repeat(100_000) };
        await new Promise(setImmediate);
      }
    },
  });
  const socket = await openResponsesSocket(gateway.url);
  socket.ws.pause();
  onTestFinished(() => socket.ws.resume());
  socket.create({ input: "a" });
  await expect.poll(() => left, { timeout: 10_000 }).toBe(true);
  expect(made).toBeLessThan(300);
});

test("refusals do not pile up for a client that reads none of them", async () => {
  const gateway = await startTestGateway({ config });
  const other = await openResponsesSocket(gateway.url);
  const socket = await openResponsesSocket(gateway.url);
  socket.ws.pause();
  const frames = 80_000;
  for (let each = 0; each < frames; each += 1) socket.ws.send("1");
  expect(await other.ask({ input: 42 })).toMatchObject([{ status: 400 }]);
  await new Promise((resolve) => socket.ws.send("1", resolve));
  socket.ws.resume();
  expect(await socket.closed).toEqual({ code: 1013, reason: "you do not read: connect again" });
  expect(socket.events.length).toBeLessThan(frames);
});

test("a frame that is too large closes the socket; nobody else notices", async () => {
  const { model } = sequence([{ text: "fine" }]);
  const small = { responses: { enabled: true, maxBodyBytes: 10_000 } };
  const gateway = await startTestGateway({ config: { gateway: { http: { endpoints: small } } }, model });
  const other = await openResponsesSocket(gateway.url);
  const socket = await openResponsesSocket(gateway.url);
  socket.create({ input: "x".repeat(20_000) });
  expect((await socket.closed).code).toBe(1009);
  expect((await other.ask({ input: "a" })).at(-1)?.type).toBe("response.completed");
});

test("binary frames are not spoken here", async () => {
  const gateway = await startTestGateway({ config });
  const socket = await openResponsesSocket(gateway.url);
  socket.ws.send(Buffer.from("{}"), { binary: true });
  expect(await socket.closed).toEqual({ code: 1003, reason: "frames are text" });
});

describe("a key", () => {
  test("without the right to run may not open it, and one with it asks no more often than it may", async () => {
    const gateway = await startTestGateway({ config, model: sequence([{ text: "fine" }]).model });
    const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
    const tools = await makeKey(gateway, "tools", { scopes: ["tools"] });
    await expect(openResponsesSocket(gateway.url, bearer(tools))).rejects.toThrow("403");
    const slow = await makeKey(gateway, "slow", { scopes: ["run"], requestsPerMinute: 3 });
    const socket = await openResponsesSocket(gateway.url, bearer(slow));
    // To open it was a request too.
    for (let each = 0; each < 2; each += 1)
      expect((await socket.ask({ input: "a" })).at(-1)?.type).toBe("response.completed");
    expect(await socket.ask({ input: "a" })).toMatchObject([
      { status: 429, error: { code: "too_many_requests" } },
    ]);
  });

  test("that is revoked takes the run and the socket with it, and says why", async () => {
    const gated = gatedModel();
    const gateway = await startTestGateway({ config, model: gated.model });
    const secret = await makeKey(gateway, "ada");
    const socket = await openResponsesSocket(gateway.url, {
      headers: { authorization: `Bearer ${secret}` },
    });
    socket.create({ input: "a" });
    const { signal } = await gated.called();
    const aborted = once(signal, "abort");
    await manage(gateway, "keys.revoke", { name: "ada" });
    await aborted;
    expect((await socket.closed).code).toBe(1008);
    expect(socket.events.at(-1)).toMatchObject({
      type: "error",
      status: 401,
      error: { message: expect.stringContaining("revoked") },
    });
  });
});
