/** Named keys: creation, permissions, limits and persistence. */
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  createTemporaryFolder,
  token,
} from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { connectWithSecret, createKey, callAsOperator, request } from "../support/gateway/keys.ts";
import { connectTestSocket, createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

const agents = { ...chatConfig, agents: { list: [{ id: "main" }, { id: "coder" }, { id: "poet" }] } };
const day = 86_400_000;

test("a key is accepted where the shared secret is, over HTTP and WebSocket", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada");
  expect(secret).toMatch(/^ock_[\w-]{43}$/);
  const response = await request(gateway, "/v1/chat/completions", {
    secret,
    body: createChatBody("say hello"),
  });
  expect(response.status).toBe(200);
  expect(await (await connectWithSecret(gateway, secret)).request("status")).toMatchObject({ ok: true });
  const asPassword = await openTestSocket(gateway.url);
  await asPassword.request("connect", createConnectParams({ auth: { password: secret } }));
});

test("near misses of a secret are rejected", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 99 } } } },
  });
  const secret = await createKey(gateway, "ada");
  const wrongSecrets = [
    secret.slice(0, -1),
    `${secret}0`,
    secret.toUpperCase(),
    "ada",
    hash("sha256", secret),
    "ock_",
  ];
  for (const each of wrongSecrets)
    expect((await request(gateway, "/sessions", { secret: each })).status).toBe(401);
});

test.each([
  "",
  "operator",
  "Operator",
  "operator:ada",
  "Ada",
  "ada lovelace",
  " ada",
  "ada\n",
  "ada\u0000",
  "__proto__",
  "../ada",
  "a/b",
  "ådà",
  "оperator",
  "a".repeat(65),
  "'; drop table keys; --",
])("the name %j is rejected", async (name) => {
  const gateway = await startTestGateway();
  const { error } = await (await connectTestSocket(gateway)).call("keys.create", { name });
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { param: "name" } });
  expect(await callAsOperator(gateway, "keys.list")).toEqual({ keys: [] });
});

test.each(["a", "ada@example.org", "constructor", "0.1_b-c", "a".repeat(64)])(
  "the name %j is fine",
  async (name) => {
    const gateway = await startTestGateway();
    const secret = await createKey(gateway, name);
    expect((await request(gateway, "/sessions", { secret })).status).toBe(200);
  },
);

test("of two concurrent keys with one name, one is created", async () => {
  const gateway = await startTestGateway();
  const results = await Promise.allSettled(Array.from({ length: 9 }, () => createKey(gateway, "ada")));
  const secrets = results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  expect(secrets).toHaveLength(1);
  expect((await request(gateway, "/sessions", { secret: secrets[0] ?? "" })).status).toBe(200);
  expect(await callAsOperator(gateway, "keys.list")).toMatchObject({ keys: [{ name: "ada" }] });
});

test("a key for one agent cannot see or use another, by any name", async () => {
  const gateway = await startTestGateway({ config: agents });
  const secret = await createKey(gateway, "k", { agents: ["Coder"] });
  const names = async (): Promise<unknown> =>
    (
      (await (await request(gateway, "/v1/models", { secret })).json()) as { data: { id: string }[] }
    ).data.map(({ id }) => id);
  expect(await names()).toEqual(["openclaw", "openclaw:coder"]);
  expect((await request(gateway, "/v1/models/openclaw:coder", { secret })).status).toBe(200);
  expect((await request(gateway, "/v1/models/openclaw:main", { secret })).status).toBe(404);

  const chat = (model: string, headers = {}): Promise<Response> =>
    request(gateway, "/v1/chat/completions", {
      secret,
      headers,
      body: { ...createChatBody("say hi"), model },
    });
  const own = await chat("openclaw");
  expect([own.status, own.headers.get("x-openclaw-agent-id")]).toEqual([200, "coder"]);
  const rejected = [
    chat("openclaw:main"),
    chat("agent:poet"),
    chat("openclaw", { "x-openclaw-agent-id": "main" }),
    chat("openclaw", { "x-openclaw-session-key": "agent:main:k" }),
    request(gateway, "/tools/invoke", { secret, body: { tool: "sessions_list", agentId: "poet" } }),
  ];
  for (const answer of await Promise.all(rejected)) {
    expect([404, 400]).toContain(answer.status);
    const text = await answer.text();
    expect(text).toMatch(/model_not_found|invalid_session_key/);
    expect(text).not.toContain("Agents: main");
  }

  const socket = await connectWithSecret(gateway, secret);
  expect(await socket.request("agents.list")).toMatchObject({
    defaultId: "coder",
    agents: [{ id: "coder" }],
  });
  expect(await socket.request("status")).toMatchObject({ agents: ["coder"], defaultAgentId: "coder" });
  expect(await socket.request("health")).toMatchObject({ agents: [{ agentId: "coder", isDefault: true }] });
  const { error } = await socket.call("agent", { message: "hi", agentId: "main", idempotencyKey: "1" });
  expect(error).toMatchObject({ code: "NOT_FOUND", details: { code: "model_not_found" } });
  expect(await socket.request("agent", { message: "hi", idempotencyKey: "2" })).toMatchObject({
    sessionKey: "agent:coder:key:k:main",
  });
  expect(JSON.stringify(socket.frames)).not.toMatch(/poet/);
});

test("requests above the limit per minute are 429 with Retry-After, HTTP and WebSocket together", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const secret = await createKey(gateway, "k", { requestsPerMinute: 4 });
  const status = async (): Promise<number> => (await request(gateway, "/sessions", { secret })).status;
  const socket = await connectWithSecret(gateway, secret);
  await socket.request("status");
  now += 20_000;
  expect([await status(), await status()]).toEqual([200, 200]);

  const rejected = await request(gateway, "/sessions", { secret });
  expect([
    rejected.status,
    rejected.headers.get("retry-after"),
    rejected.headers.get("x-should-retry"),
  ]).toEqual([429, "40", "true"]);
  expect(await rejected.json()).toMatchObject({ ok: false, error: { code: "too_many_requests" } });
  expect((await socket.call("status")).error).toMatchObject({
    code: "UNAVAILABLE",
    details: { code: "too_many_requests" },
    retryAfterMs: 40_000,
  });
  const another = await openTestSocket(gateway.url);
  const { error } = await another.call("connect", createConnectParams({ auth: { token: secret } }));
  expect(error?.details?.["code"]).toBe("AUTH_RATE_LIMITED");
  expect((await request(gateway, "/sessions")).status).toBe(200);

  now += 39_999;
  expect(await status()).toBe(429);
  now += 1;
  expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
});

test("a chat above the limit of its key has OpenAI's headers, and both forms of retry-after agree", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const secret = await createKey(gateway, "k", { requestsPerMinute: 2 });
  const ask = async (): Promise<readonly (number | string | null)[]> => {
    const authorization = `Bearer ${secret}`;
    const { status, headers } = await postChat(gateway.url, createChatBody("hi"), {
      headers: { authorization },
    });
    const names = ["limit-requests", "remaining-requests", "reset-requests"];
    const rates = names.map((name) => headers.get(`x-ratelimit-${name}`));
    return [status, ...rates, headers.get("retry-after"), headers.get("retry-after-ms")];
  };
  expect(await ask()).toEqual([200, "2", "1", "60s", null, null]);
  now += 12_000;
  expect(await ask()).toEqual([200, "2", "0", "60s", null, null]);
  now += 8_000;
  // One request is there again after 40 s, both after 52.
  expect(await ask()).toEqual([429, "2", "0", "52s", "40", "40000"]);
  now += 40_000;
  expect(await ask()).toEqual([200, "2", "0", "60s", null, null]);
});

test("a key is accepted until it expires and not longer", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const secret = await createKey(gateway, "k", { expires: "30d" });
  now += 30 * day - 1;
  expect((await request(gateway, "/sessions", { secret })).status).toBe(200);
  now += 1;
  const late = await request(gateway, "/sessions", { secret });
  expect(late.status).toBe(401);
  expect(await late.json()).toMatchObject({
    error: { code: "invalid_api_key", message: expect.stringContaining("expired") },
  });
  expect(await callAsOperator(gateway, "keys.list")).toMatchObject({ keys: [{ name: "k" }] });
});

test("without a shared secret, keys are ignored", async () => {
  const stateDir = createTemporaryFolder();
  const before = await startTestGateway({ stateDir });
  const secret = await createKey(before, "k", { scopes: ["operator.read"] });
  await before.stop();
  const gateway = await startTestGateway({ stateDir, secret: undefined });
  for (const each of [secret, "sk-anything"]) {
    expect(
      (await request(gateway, "/v1/chat/completions", { secret: each, body: createChatBody("hi") })).status,
    ).toBe(200);
  }
});

test("keys and their data survive a restart", async () => {
  let now = Date.UTC(2026, 0, 1);
  const clock = (): number => now;
  const stateDir = createTemporaryFolder();
  const first = await startTestGateway({ stateDir, clock, config: agents });
  const secret = await createKey(first, "k", {
    scopes: ["run"],
    agents: ["coder"],
    expires: "1d",
    requestsPerMinute: 9,
  });
  const gone = await createKey(first, "gone");
  await callAsOperator(first, "keys.revoke", { name: "gone" });
  await request(first, "/v1/models", { secret });
  await first.stop();

  const second = await startTestGateway({ stateDir, clock, config: agents });
  expect(await callAsOperator(second, "keys.list")).toEqual({
    keys: [
      {
        name: "k",
        scopes: ["run"],
        agents: ["coder"],
        requestsPerMinute: 9,
        createdAt: now,
        expiresAt: now + day,
        lastUsedAt: now,
      },
    ],
  });
  expect((await request(second, "/v1/models", { secret })).status).toBe(200);
  expect((await request(second, "/sessions", { secret })).status).toBe(403);
  expect((await request(second, "/v1/models", { secret: gone })).status).toBe(401);
  now += day;
  expect((await request(second, "/v1/models", { secret })).status).toBe(401);
});

test("a key that was created or revoked right before a kill stays so", async () => {
  const first = await startGatewayProcess();
  const survivor = await createKey(first, "kept");
  const gone = await createKey(first, "gone");
  await callAsOperator(first, "keys.revoke", { name: "gone" });
  await first.end("SIGKILL");
  const second = await startGatewayProcess({ stateDir: first.stateDir });
  expect((await request(second, "/sessions", { secret: survivor })).status).toBe(200);
  expect((await request(second, "/sessions", { secret: gone })).status).toBe(401);
});

test("a secret is only in the response that creates it", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  const { secret } = await socket.request<{ secret: string }>("keys.create", { name: "ada" });
  const outputs: string[] = [];
  for (const path of ["/sessions", "/sessions/none/history", "/v1/nothing", "/v1/models/none"]) {
    outputs.push(await (await request(gateway, path, { secret })).text());
  }
  await request(gateway, "/v1/chat/completions", { secret, body: createChatBody("say hello") });
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  outputs.push(await (await request(gateway, "/sessions", { secret })).text());
  for (const method of ["keys.list", "logs.tail", "config.get", "status"])
    outputs.push(JSON.stringify(await socket.request(method)));
  const files = ["sessions.sqlite", "sessions.sqlite-wal"].map((name) =>
    readFileSync(join(gateway.stateDir, name), "latin1"),
  );
  const [, random = ""] = secret.split("_");
  for (const text of [...outputs, ...gateway.log, ...files]) {
    expect(text).not.toContain(random);
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(secret).toString("base64"));
  }
  expect(gateway.log.join("")).toContain('"credential":"ada"');
});
