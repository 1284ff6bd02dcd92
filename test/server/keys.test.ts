/** Named keys: how they are made, what they open, what limits them, and that they stay. */
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ask, chatOn, startTestGateway, temporaryFolder, token } from "../support/gateway.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { connectWith, makeKey, manage, request } from "../support/keys.ts";
import { connect, connectParams, openSocket } from "../support/socket.ts";

const agents = { ...chatOn, agents: { list: [{ id: "main" }, { id: "coder" }, { id: "poet" }] } };
const day = 86_400_000;

test("a key opens what the shared secret opens, on both surfaces", async () => {
  const gateway = await startTestGateway();
  const secret = await makeKey(gateway, "ada");
  expect(secret).toMatch(/^ock_[\w-]{43}$/);
  const response = await request(gateway, "/v1/chat/completions", { secret, body: ask("say hello") });
  expect(response.status).toBe(200);
  expect(await (await connectWith(gateway, secret)).ask("status")).toMatchObject({ ok: true });
  const asPassword = await openSocket(gateway.url);
  await asPassword.ask("connect", connectParams({ auth: { password: secret } }));
});

test("near misses of a secret open nothing", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 99 } } } },
  });
  const secret = await makeKey(gateway, "ada");
  const wrong = [
    secret.slice(0, -1),
    `${secret}0`,
    secret.toUpperCase(),
    "ada",
    hash("sha256", secret),
    "ock_",
  ];
  for (const each of wrong) expect((await request(gateway, "/sessions", { secret: each })).status).toBe(401);
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
])("the name %j is refused", async (name) => {
  const gateway = await startTestGateway();
  const { error } = await (await connect(gateway)).call("keys.create", { name });
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { param: "name" } });
  expect(await manage(gateway, "keys.list")).toEqual({ keys: [] });
});

test.each(["a", "ada@example.org", "constructor", "0.1_b-c", "a".repeat(64)])(
  "the name %j is fine",
  async (name) => {
    const gateway = await startTestGateway();
    const secret = await makeKey(gateway, name);
    expect((await request(gateway, "/sessions", { secret })).status).toBe(200);
  },
);

test("of two keys made at once with one name, one is made", async () => {
  const gateway = await startTestGateway();
  const made = await Promise.allSettled(Array.from({ length: 9 }, () => makeKey(gateway, "ada")));
  const secrets = made.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  expect(secrets).toHaveLength(1);
  expect((await request(gateway, "/sessions", { secret: secrets[0] ?? "" })).status).toBe(200);
  expect(await manage(gateway, "keys.list")).toMatchObject({ keys: [{ name: "ada" }] });
});

test("a key for one agent sees and reaches no other, by whatever name it asks", async () => {
  const gateway = await startTestGateway({ config: agents });
  const secret = await makeKey(gateway, "k", { agents: ["Coder"] });
  const names = async (): Promise<unknown> =>
    (
      (await (await request(gateway, "/v1/models", { secret })).json()) as { data: { id: string }[] }
    ).data.map(({ id }) => id);
  expect(await names()).toEqual(["openclaw", "openclaw:coder"]);
  expect((await request(gateway, "/v1/models/openclaw:coder", { secret })).status).toBe(200);
  expect((await request(gateway, "/v1/models/openclaw:main", { secret })).status).toBe(404);

  const chat = (model: string, headers = {}): Promise<Response> =>
    request(gateway, "/v1/chat/completions", { secret, headers, body: { ...ask("say hi"), model } });
  const own = await chat("openclaw");
  expect([own.status, own.headers.get("x-openclaw-agent-id")]).toEqual([200, "coder"]);
  const refused = [
    chat("openclaw:main"),
    chat("agent:poet"),
    chat("openclaw", { "x-openclaw-agent-id": "main" }),
    chat("openclaw", { "x-openclaw-session-key": "agent:main:k" }),
    request(gateway, "/tools/invoke", { secret, body: { tool: "sessions_list", agentId: "poet" } }),
  ];
  for (const answer of await Promise.all(refused)) {
    expect([404, 400]).toContain(answer.status);
    const text = await answer.text();
    expect(text).toMatch(/model_not_found|invalid_session_key/);
    expect(text).not.toContain("Agents: main");
  }

  const socket = await connectWith(gateway, secret);
  expect(await socket.ask("agents.list")).toMatchObject({ defaultId: "coder", agents: [{ id: "coder" }] });
  expect(await socket.ask("status")).toMatchObject({ agents: ["coder"], defaultAgentId: "coder" });
  expect(await socket.ask("health")).toMatchObject({ agents: [{ agentId: "coder", isDefault: true }] });
  const { error } = await socket.call("agent", { message: "hi", agentId: "main", idempotencyKey: "1" });
  expect(error).toMatchObject({ code: "NOT_FOUND", details: { code: "model_not_found" } });
  expect(await socket.ask("agent", { message: "hi", idempotencyKey: "2" })).toMatchObject({
    sessionKey: "agent:coder:main:k",
  });
  expect(JSON.stringify(socket.frames)).not.toMatch(/poet/);
});

test("requests beyond those of a minute are 429 with the time to wait, on both surfaces together", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const secret = await makeKey(gateway, "k", { requestsPerMinute: 4 });
  const status = async (): Promise<number> => (await request(gateway, "/sessions", { secret })).status;
  const socket = await connectWith(gateway, secret);
  await socket.ask("status");
  now += 20_000;
  expect([await status(), await status()]).toEqual([200, 200]);

  const refused = await request(gateway, "/sessions", { secret });
  expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("x-should-retry")]).toEqual(
    [429, "40", "true"],
  );
  expect(await refused.json()).toMatchObject({ ok: false, error: { code: "too_many_requests" } });
  expect((await socket.call("status")).error).toMatchObject({
    code: "UNAVAILABLE",
    details: { code: "too_many_requests" },
    retryAfterMs: 40_000,
  });
  const another = await openSocket(gateway.url);
  const { error } = await another.call("connect", connectParams({ auth: { token: secret } }));
  expect(error?.details?.["code"]).toBe("AUTH_RATE_LIMITED");
  expect((await request(gateway, "/sessions")).status).toBe(200);

  now += 39_999;
  expect(await status()).toBe(429);
  now += 1;
  expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
});

test("a key opens until its time is over, and not a moment longer", async () => {
  let now = Date.UTC(2026, 0, 1);
  const gateway = await startTestGateway({ clock: () => now });
  const secret = await makeKey(gateway, "k", { expires: "30d" });
  now += 30 * day - 1;
  expect((await request(gateway, "/sessions", { secret })).status).toBe(200);
  now += 1;
  const late = await request(gateway, "/sessions", { secret });
  expect(late.status).toBe(401);
  expect(await late.json()).toMatchObject({
    error: { code: "invalid_api_key", message: expect.stringContaining("expired") },
  });
  expect(await manage(gateway, "keys.list")).toMatchObject({ keys: [{ name: "k" }] });
});

test("where no credential is asked for, keys restrict nobody", async () => {
  const stateDir = temporaryFolder();
  const before = await startTestGateway({ stateDir });
  const secret = await makeKey(before, "k", { scopes: ["operator.read"] });
  await before.stop();
  const gateway = await startTestGateway({ stateDir, secret: undefined });
  for (const each of [secret, "sk-anything"]) {
    expect((await request(gateway, "/v1/chat/completions", { secret: each, body: ask("hi") })).status).toBe(
      200,
    );
  }
});

test("keys, and what is known of them, are there after a restart", async () => {
  let now = Date.UTC(2026, 0, 1);
  const clock = (): number => now;
  const stateDir = temporaryFolder();
  const first = await startTestGateway({ stateDir, clock, config: agents });
  const secret = await makeKey(first, "k", {
    scopes: ["run"],
    agents: ["coder"],
    expires: "1d",
    requestsPerMinute: 9,
  });
  const gone = await makeKey(first, "gone");
  await manage(first, "keys.revoke", { name: "gone" });
  await request(first, "/v1/models", { secret });
  await first.stop();

  const second = await startTestGateway({ stateDir, clock, config: agents });
  expect(await manage(second, "keys.list")).toEqual({
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

test(
  "a gateway that is killed right after it has made a key, or revoked one, knows of it",
  { timeout: 60_000 },
  async () => {
    const first = await startGatewayProcess();
    const kept = await makeKey(first, "kept");
    const gone = await makeKey(first, "gone");
    await manage(first, "keys.revoke", { name: "gone" });
    await first.end("SIGKILL");
    const second = await startGatewayProcess({ stateDir: first.stateDir });
    expect((await request(second, "/sessions", { secret: kept })).status).toBe(200);
    expect((await request(second, "/sessions", { secret: gone })).status).toBe(401);
  },
);

test("a secret is in the answer that makes it and nowhere else", async () => {
  const gateway = await startTestGateway();
  const socket = await connect(gateway);
  const { secret } = await socket.ask<{ secret: string }>("keys.create", { name: "ada" });
  const shown: string[] = [];
  for (const path of ["/sessions", "/sessions/none/history", "/v1/nothing", "/v1/models/none"]) {
    shown.push(await (await request(gateway, path, { secret })).text());
  }
  await request(gateway, "/v1/chat/completions", { secret, body: ask("say hello") });
  await manage(gateway, "keys.revoke", { name: "ada" });
  shown.push(await (await request(gateway, "/sessions", { secret })).text());
  for (const method of ["keys.list", "logs.tail", "config.get", "status"])
    shown.push(JSON.stringify(await socket.ask(method)));
  const files = ["sessions.sqlite", "sessions.sqlite-wal"].map((name) =>
    readFileSync(join(gateway.stateDir, name), "latin1"),
  );
  const [, random = ""] = secret.split("_");
  for (const text of [...shown, ...gateway.log, ...files]) {
    expect(text).not.toContain(random);
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(secret).toString("base64"));
  }
  expect(gateway.log.join("")).toContain('"credential":"ada"');
});
