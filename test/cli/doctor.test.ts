/** `openclaw doctor`, `security audit` and `models status`: each finding, and that following it helps. */
import { execSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import json5 from "json5";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/clients/command-line.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

interface Finding {
  readonly checkId: string;
  readonly severity: string;
  readonly message: string;
  readonly fixHint?: string;
}

function createHome(config: object | string = {}, variables: NodeJS.ProcessEnv = {}) {
  const home = createTemporaryFolder();
  const stateDir = join(home, ".openclaw");
  const file = join(stateDir, "openclaw.json");
  mkdirSync(stateDir, { mode: 0o700 });
  const text = typeof config === "string" ? config : JSON.stringify({ gateway: { port: 0 }, ...config });
  writeFileSync(file, text, { mode: 0o600 });
  const env = { HOME: home, ...variables };
  /** Resolves to the exit code and the findings that need action. */
  const check = async (...args: readonly string[]): Promise<readonly [number, readonly Finding[]]> => {
    const { code, out } = await run(env, [...args, "--json"]);
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    return [code, findings.filter(({ severity }) => severity !== "info")];
  };
  return { home, stateDir, file, env, check };
}

const exposed = { gateway: { port: 0, bind: "lan", auth: { token: "a-token-of-more-than-24-characters" } } };

test("there is nothing to do in a new home, and in one that init has written", async () => {
  const home = createTemporaryFolder();
  const env = { HOME: home, OPENCLAW_GATEWAY_PORT: "0" };
  expect(await run(env, ["doctor"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /There is no \S+openclaw\.json[^]*openclaw init[^]*Nothing to do\.$/,
    ) as string,
  });
  await run(env, ["init"]);
  expect(await run(env, ["doctor"])).toMatchObject({ code: 0 });
  expect(await run(env, ["security", "audit"])).toMatchObject({ code: 0, out: "Nothing to do." });
});

test("each error of the configuration is a finding with its key", async () => {
  const { check } = createHome("{ gatewya: {}, agents: { defaults: { maxSteps: -1 } } }");
  const [code, findings] = await check("doctor");
  expect(code).toBe(1);
  expect(findings.map(({ checkId }) => checkId)).toEqual(["config.invalid", "config.invalid"]);
  expect(findings.map(({ message }) => message).join("\n")).toMatch(
    /did you mean "gateway"[^]*agents\.defaults\.maxSteps|agents\.defaults\.maxSteps[^]*did you mean "gateway"/,
  );
});

test("what a start rejects is found by doctor and config check, also when each setting is valid", async () => {
  const token = "a-token-of-more-than-24-characters";
  const same = createHome({ gateway: { port: 0, auth: { token } }, hooks: { enabled: true, token } });
  const weak = createHome({ ...exposed, hooks: { enabled: true, token: "short" } });
  const workers = createHome({ gateway: { port: 0, workers: 2 } });
  for (const [{ check, env }, message] of [
    [same, "hooks.token: is the gateway's own secret"],
    [weak, "hooks.token: cannot be used, because other machines can connect"],
    [workers, "gateway.workers: must be 1"],
  ] as const) {
    expect(await run(env, ["config", "check"])).toMatchObject({
      code: 78,
      err: expect.stringContaining(message) as string,
    });
    expect(await check("doctor")).toMatchObject([
      1,
      [{ checkId: "config.invalid", message: expect.stringContaining(message) as string }],
    ]);
  }
  // It does not create a token, which a start would.
  expect(readdirSync(workers.stateDir)).toEqual(["openclaw.json"]);
  const auto = createHome({ gateway: { port: 0, workers: "auto" } });
  const { code, err } = await run(auto.env, ["config", "check"]);
  expect([code, err]).toEqual([0, expect.stringContaining('gateway.workers: "auto" is one process here')]);
});

test("a provider without its key is a finding, and following it helps", async () => {
  const { check, stateDir } = createHome({ agents: { defaults: { model: "groq/some-model" } } });
  expect(await check("doctor")).toMatchObject([
    1,
    [{ checkId: "models.key", message: "The provider groq has no key" }],
  ]);
  writeFileSync(join(stateDir, ".env"), "GROQ_API_KEY=gsk-1\n", { mode: 0o600 });
  expect(await check("doctor")).toEqual([0, []]);
});

test("files that others can read or change are findings, and the printed commands help", async () => {
  const { check, stateDir, file } = createHome();
  const envFile = join(stateDir, ".env");
  writeFileSync(envFile, "A=1\n");
  chmodSync(envFile, 0o644);
  chmodSync(file, 0o666);
  chmodSync(stateDir, 0o777);
  const [code, findings] = await check("security", "audit");
  expect(code).toBe(1);
  expect(findings.map(({ checkId }) => checkId)).toEqual([
    "fs.state_dir.perms_writable",
    "fs.state_dir.perms_readable",
    "fs.config.perms_writable",
    "fs.config.perms_world_readable",
    "fs.env.perms_readable",
  ]);
  for (const { fixHint = "false" } of findings) execSync(fixHint);
  expect(await check("security", "audit")).toEqual([0, []]);
  expect(statSync(envFile).mode & 0o777).toBe(0o600);
});

test("a port that another program has is a finding that names it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { check } = createHome({ gateway: { port } });
  const [code, [finding]] = await check("doctor");
  expect([code, finding?.checkId]).toEqual([1, "gateway.port"]);
  expect(finding?.message).toContain(`Port ${port} is taken by another program`);
});

test("what an exposed gateway lets callers do is a finding", async () => {
  const { check } = createHome({
    ...exposed,
    gateway: { ...exposed.gateway, trustedProxies: ["0.0.0.0/0"], tools: { allow: ["exec"] } },
    tools: { profile: "coding" },
  });
  const [code, findings] = await check("security", "audit");
  expect(code).toBe(1);
  expect(findings.map(({ checkId, severity }) => [checkId, severity])).toEqual([
    ["gateway.no_tls", "warning"],
    ["gateway.trusted_proxies_wide", "error"],
    ["tools.exec.in_runs", "error"],
    ["tools.exec.over_http", "error"],
  ]);
  const safe = createHome({ ...exposed, tools: { profile: "minimal" } });
  expect((await safe.check("security", "audit"))[1].map(({ checkId }) => checkId)).toEqual([
    "gateway.no_tls",
  ]);
});

test("a weak or missing secret is a finding", async () => {
  const weak = createHome({ gateway: { port: 0, auth: { token: "short" } }, tools: { profile: "minimal" } });
  expect(await weak.check("security", "audit")).toMatchObject([1, [{ checkId: "gateway.auth_weak" }]]);
  const none = createHome({ gateway: { port: 0, auth: { mode: "none" } }, tools: { profile: "minimal" } });
  expect(await none.check("security", "audit")).toMatchObject([1, [{ checkId: "gateway.auth_none" }]]);
});

test("--fix writes a copy without the keys of OpenClaw that have no effect, and leaves the file", async () => {
  const original = JSON.stringify({
    meta: { lastTouchedVersion: "2026.9.6" },
    channels: { telegram: { enabled: true } },
    agents: { defaults: { model: "builtin/assistant" } },
    mcp: { servers: { echo: { command: "node", args: ["-e", "0"] } } },
  });
  const { env, file, stateDir } = createHome(original);
  const { out } = await run(env, ["doctor", "--fix"]);
  const copy = join(stateDir, "openclaw.converted.json");
  expect(out).toContain(`Wrote ${copy}.`);
  expect(readFileSync(file, "utf8")).toBe(original);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  const converted: unknown = json5.parse(readFileSync(copy, "utf8"));
  expect(converted).not.toHaveProperty("channels");
  expect(converted).not.toHaveProperty("meta");
  expect(converted).toMatchObject({ tools: { mcpServers: { echo: { command: "node" } } } });
  expect(await run(env, ["config", "check", "--strict", copy])).toMatchObject({ code: 0 });
});

test("a home of OpenClaw is named with what an import would bring", async () => {
  const { env, stateDir } = createHome();
  const sessions = join(stateDir, "agents/main/sessions");
  mkdirSync(sessions, { recursive: true });
  writeFileSync(
    join(sessions, "sessions.json"),
    JSON.stringify({ "agent:main:main": { sessionId: "s", updatedAt: 1 } }),
  );
  writeFileSync(join(sessions, "s.jsonl"), "");
  const { out } = await run(env, ["doctor"]);
  expect(out).toContain(`OpenClaw's home ${stateDir} has 1 conversations`);
  expect(readdirSync(sessions).toSorted()).toEqual(["s.jsonl", "sessions.json"]);
});

test("models status names the source of each key, and --probe asks the provider", async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.headers.authorization === "Bearer right" ? 200 : 401;
    response.end("{}");
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const config = (apiKey: string): object => ({
    agents: { defaults: { model: { primary: "own/m", fallbacks: ["groq/x"] } } },
    models: { providers: { own: { baseUrl, apiKey } } },
  });
  const { env } = createHome(config("right"), { GROQ_API_KEY: "gsk-1" });
  const { code, out } = await run(env, ["models", "status", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    defaultModel: "own/m",
    providers: [
      { id: "own", key: "the configuration", lacksKey: false },
      { id: "groq", key: "GROQ_API_KEY", host: "api.groq.com" },
    ],
  });
  expect(out).not.toContain("gsk-1");
  const right = createHome({ ...config("right"), agents: { defaults: { model: "own/m" } } });
  expect(await run(right.env, ["models", "status", "--probe", "--check"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^own +the configuration +responds /m) as string,
  });
  const wrong = createHome({ ...config("wrong"), agents: { defaults: { model: "own/m" } } });
  expect(await run(wrong.env, ["models", "status", "--probe", "--check"])).toMatchObject({
    code: 1,
    out: expect.stringContaining("rejects the key (401)") as string,
  });
  expect((await wrong.check("doctor", "--probe"))[1]).toMatchObject([{ checkId: "models.probe" }]);
});
