/** Open streams, runs and WebSockets of a key that is revoked or expires. */
import { expect, test } from "vitest";
import { createChatBody, chatConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey, callAsOperator, request } from "../support/gateway/keys.ts";
import { createEndlessModel } from "../support/providers/scripted-model.ts";
import { openRawConnection } from "../support/sockets/raw-http.ts";
import { countProcesses, createUniqueSleep } from "../support/tools/exec.ts";

const bothOn = {
  gateway: { http: { endpoints: { ...chatConfig.gateway?.http?.endpoints, responses: { enabled: true } } } },
};

test("a revoked key is rejected, and its name is free", async () => {
  const gateway = await startTestGateway();
  const [old, other] = [await createKey(gateway, "ada"), await createKey(gateway, "bob")];
  expect(await callAsOperator(gateway, "keys.revoke", { name: "ada" })).toEqual({ ok: true, name: "ada" });
  const rejected = await request(gateway, "/sessions", { secret: old });
  expect([rejected.status, rejected.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  await expect(connectWithSecret(gateway, old)).rejects.toThrow("unauthorized");
  expect((await request(gateway, "/sessions", { secret: other })).status).toBe(200);

  const reissued = await createKey(gateway, "ada");
  expect((await request(gateway, "/sessions", { secret: reissued })).status).toBe(200);
  expect((await request(gateway, "/sessions", { secret: old })).status).toBe(401);
});

test("revoking a key ends its streams, runs and WebSockets, and no others", async () => {
  const { model, countRunning } = createEndlessModel();
  const gateway = await startTestGateway({ config: bothOn, model });
  const [ada, bob] = [await createKey(gateway, "ada"), await createKey(gateway, "bob")];
  const stream = (secret: string): Promise<Response> =>
    request(gateway, "/v1/chat/completions", { secret, body: createChatBody("hi", { stream: true }) });
  const open = { ada: await stream(ada), bob: await stream(bob) };
  const unstreamed = request(gateway, "/v1/chat/completions", { secret: ada, body: createChatBody("hi") });
  const background = { model: "openclaw", input: "hi", background: true };
  const { id } = (await (
    await request(gateway, "/v1/responses", { secret: ada, body: background })
  ).json()) as {
    id: string;
  };
  const sockets = {
    ada: await connectWithSecret(gateway, ada),
    bob: await connectWithSecret(gateway, bob),
  };
  await sockets.ada.call("agent", { message: "hi", sessionKey: "kept", idempotencyKey: "1" });
  await expect.poll(countRunning).toBe(5);
  const headers = { accept: "text/event-stream" };
  const feed = await request(gateway, "/sessions/kept/history", { secret: ada, headers });
  expect(feed.status).toBe(200);

  await callAsOperator(gateway, "keys.revoke", { name: "ada" });

  const adaText = await open.ada.text();
  expect(adaText).toContain('"code":"invalid_api_key"');
  expect(adaText).not.toContain("[DONE]");
  expect(await (await unstreamed).json()).toMatchObject({ error: { code: "invalid_api_key" } });
  expect(await feed.text()).toContain("event: history");
  expect(await sockets.ada.closed).toEqual({ code: 1008, reason: 'The key "ada" was revoked.' });
  await expect.poll(countRunning).toBe(1);
  const storedResponse = await request(gateway, `/v1/responses/${id}`);
  expect(await storedResponse.json()).toMatchObject({
    status: "failed",
    error: { code: "invalid_api_key", message: 'The key "ada" was revoked.' },
  });

  expect(await sockets.bob.request("status")).toMatchObject({ runs: 1 });
  await open.bob.body?.cancel();
  await expect.poll(countRunning).toBe(0);
});

test("an expired key loses its WebSockets and streams", async () => {
  let now = Date.UTC(2026, 0, 1);
  const { model, countRunning } = createEndlessModel();
  const gateway = await startTestGateway({ model, clock: () => now });
  const secret = await createKey(gateway, "ada", { expires: "90s" });
  const socket = await connectWithSecret(gateway, secret);
  const stream = await request(gateway, "/v1/chat/completions", {
    secret,
    body: createChatBody("hi", { stream: true }),
  });
  await expect.poll(countRunning).toBe(1);
  now += 90_000;
  expect(await socket.closed).toEqual({ code: 1008, reason: 'The key "ada" has expired. Ask for another.' });
  expect(await stream.text()).toContain('"code":"invalid_api_key"');
  await expect.poll(countRunning).toBe(0);
});

test("a call at the moment of a key's expiry is not run", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const socket = await connectWithSecret(gateway, await createKey(gateway, "ada", { expires: "90s" }));
  now += 90_000;
  const call = socket.call("agent", { message: "hi", sessionKey: "late", idempotencyKey: "1" });
  await expect(call.then(({ ok }) => ok).catch(() => false)).resolves.toBe(false);
  expect(await callAsOperator(gateway, "sessions.list")).toMatchObject({ sessions: [] });
});

test.each([{}, { "idempotency-key": "1" }])(
  "a request is not done whose key expires while its body is on the way, with headers %j",
  async (headers) => {
    let now = Date.UTC(2026, 0, 1);
    const { model, countRunning } = createEndlessModel();
    const gateway = await startTestGateway({ config: bothOn, model, clock: () => now });
    const secret = await createKey(gateway, "ada", { expires: "90s" });
    const connection = await openRawConnection(gateway.url);
    const body = JSON.stringify({ model: "openclaw", input: "hi", background: true });
    const lines = {
      host: new URL(gateway.url).host,
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      "content-length": body.length,
      expect: "100-continue",
      ...headers,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
    connection.send(`POST /v1/responses HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
    expect((await connection.readResponse()).status).toBe(100);
    now += 90_000;
    await expect(connectWithSecret(gateway, secret)).rejects.toThrow("unauthorized");
    connection.send(body);
    const { status, text } = await connection.readResponse();
    expect([status, text]).toEqual([401, expect.stringContaining("has expired")]);
    expect(countRunning()).toBe(0);
  },
);

test("revoking a key ends its background commands, and no others", async () => {
  const tools = { allow: ["exec", "process"] };
  const gateway = await startTestGateway({ config: { gateway: { tools } } });
  const secrets = { ada: await createKey(gateway, "ada"), bob: await createKey(gateway, "bob") };
  const invoke = async (secret: string, tool: string, args: object): Promise<string> =>
    (await request(gateway, "/tools/invoke", { secret, body: { tool, args } })).text();
  for (const secret of Object.values(secrets)) {
    expect(await invoke(secret, "exec", { command: "sleep 600", background: true })).toContain("exec_");
  }
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  const list = (secret: string): Promise<string> => invoke(secret, "process", { action: "list" });
  const reissued = await createKey(gateway, "ada");
  await expect.poll(() => list(reissued)).toContain("ended: ");
  expect(await list(secrets.bob)).toContain("running");
});

test("a tool that runs when its key is revoked ends with the error of the key", async () => {
  const gateway = await startTestGateway({ config: { gateway: { tools: { allow: ["exec"] } } } });
  const secret = await createKey(gateway, "ada");
  const command = createUniqueSleep();
  const socket = await connectWithSecret(gateway, secret);
  const invoked = request(gateway, "/tools/invoke", { secret, body: { tool: "exec", args: { command } } });
  await expect.poll(() => countProcesses(command)).toBe(1);
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  const response = await invoked;
  expect([response.status, await response.json()]).toMatchObject([
    401,
    { ok: false, error: { code: "invalid_api_key", message: 'The key "ada" was revoked.' } },
  ]);
  expect((await socket.closed).code).toBe(1008);
  await expect.poll(() => countProcesses(command)).toBe(0);
});

test("a key that is no longer an admin key sees its own sessions again", async () => {
  const gateway = await startTestGateway();
  const send = (secret: string, key: string): Promise<Response> =>
    request(gateway, "/v1/chat/completions", {
      secret,
      headers: { "x-openclaw-session-key": key },
      body: createChatBody("hi"),
    });
  const admin = await createKey(gateway, "ada", { scopes: ["operator.admin"] });
  await send(admin, "as-admin");
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  const lesser = await createKey(gateway, "ada");
  await send(lesser, "as-ada");
  const { sessions } = (await (await request(gateway, "/sessions", { secret: lesser })).json()) as {
    sessions: { sessionKey: string }[];
  };
  expect(sessions.map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:key:ada:as-ada"]);
});
