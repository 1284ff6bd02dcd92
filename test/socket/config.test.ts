/** The methods that read and change the configuration file. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey } from "../support/gateway/keys.ts";
import type { TestSocket } from "../support/sockets/socket.ts";

const canary = "canary-0123456789abcdef";
const source = `{
  // The office.
  gateway: { limits: { maxWaitMs: 5000 } },
  agents: { list: [{ id: "main" }, { id: "coder", name: "C" }] },
  models: { providers: { mine: { baseUrl: "http://127.0.0.1:9/v1", apiKey: "${canary}" } } },
  tools: { mcpServers: { files: { command: "/bin/true", env: { KEY: "${canary}" } } } },
}
`;

interface Snapshot {
  readonly hash: string;
  readonly raw?: string;
  readonly path?: string;
  readonly valid: boolean;
  readonly issues: readonly string[];
}

const scopes = ["operator.read", "operator.write", "operator.admin", "operator.config"];
const connect = (gateway: TestGateway, secret = token): Promise<TestSocket> =>
  connectWithSecret(gateway, secret, { scopes });

async function startWithFile(env: { readonly text?: string } = {}) {
  const gateway = await startTestGateway({ hasConfigFile: true });
  const file = join(gateway.stateDir, "openclaw.json");
  const socket = await connect(gateway);
  writeFileSync(file, env.text ?? source, { mode: 0o640 });
  const get = (): Promise<Snapshot> => socket.request<Snapshot>("config.get");
  const agentsOf = async (): Promise<unknown> => (await socket.request("status"))["agents"];
  await expect.poll(agentsOf).toEqual(["main", "coder"]);
  return { gateway, file, socket, get, read: () => readFileSync(file, "utf8") };
}

/** Resolves to the error code of a call. */
async function fail(socket: TestSocket, method: string, params: object): Promise<unknown> {
  const { ok, error } = await socket.call(method, params);
  expect(ok).toBe(false);
  return (error?.details as { readonly code: string } | undefined)?.code;
}

test("a patch changes settings, keeps comments, secrets and the mode of the file, and is applied", async () => {
  const { socket, get, read, file } = await startWithFile();
  const { hash, raw } = await get();
  expect(raw).not.toContain(canary);
  expect(raw).toContain("// The office.");
  const change = await socket.request("config.patch", {
    raw: `{ gateway: { limits: { maxWaitMs: null, maxQueued: null } }, agents: { list: [{ id: "coder", name: "D" }, { id: "new" }] } }`,
    baseHash: hash,
  });
  expect(change).toEqual({
    ok: true,
    hash: (await get()).hash,
    changed: ["agents.list", "gateway.limits.maxWaitMs"],
    applied: true,
    restartRequired: [],
  });
  expect(await socket.request("status")).toMatchObject({ agents: ["main", "coder", "new"] });
  expect(read()).toContain("// The office.");
  expect(read()).toContain(`apiKey: "${canary}"`);
  expect(read()).toContain('{ id: "coder", name: "D" }, { id: "new" }');
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test("the redacted text can be sent back: its secrets stay", async () => {
  const { socket, get, read } = await startWithFile();
  const { hash, raw = "" } = await get();
  await socket.request("config.set", { raw: raw.replace("5000", "6000"), baseHash: hash });
  expect(read()).toBe(source.replace("5000", "6000"));
});

test("a change of another file, and one that is not valid, writes nothing", async () => {
  const { socket, get, read, file } = await startWithFile();
  const { hash } = await get();
  expect(await fail(socket, "config.patch", { raw: "{}" })).toBe("missing_required_parameter");
  expect(await fail(socket, "config.set", { raw: "{ gateway: { prot: 1 } }", baseHash: hash })).toBe(
    "invalid_config",
  );
  expect(read()).toBe(source);
  writeFileSync(file, `${source}\n`);
  expect(await fail(socket, "config.set", { raw: "{}", baseHash: hash })).toBe("config_changed");
  expect(read()).toBe(`${source}\n`);
});

test.each([
  ["gateway: { auth: { token: 'other-0123456789abcdef01234567' } }"],
  ["gateway: { bind: 'lan' }"],
  ["tools: { exec: { sandbox: 'auto' } }"],
  ["tools: { mcpServers: { files: { args: ['x'] } } }"],
  ["tools: { mcpServers: { files: { env: { LD_PRELOAD: '/tmp/x' } } } }"],
  ["tools: { mcpServers: { more: { command: '/bin/sh' } } }"],
  ["tools: { mcpServers: { files: null } }"],
  ["mcp: { servers: { more: { command: '/bin/sh' } } }"],
  ["secrets: { providers: { p: { source: 'exec', command: '/bin/sh' } } }"],
  ["env: { vars: { LD_PRELOAD: '/tmp/x' } }"],
])("nobody changes { %s } over the network", async (settings) => {
  const { socket, get, read } = await startWithFile();
  const { hash } = await get();
  expect(await fail(socket, "config.patch", { raw: `{ ${settings} }`, baseHash: hash })).toBe(
    "config_not_writable",
  );
  expect(read()).toBe(source);
});

test("an MCP server without a program, and a setting beside a program, may be changed", async () => {
  const { socket, get, read } = await startWithFile();
  const { hash } = await get();
  const raw =
    "{ tools: { mcpServers: { files: { timeoutSeconds: 7 }, web: { url: 'https://mcp.example.com' } } } }";
  expect(await socket.request("config.patch", { raw, baseHash: hash })).toMatchObject({ applied: true });
  expect(read()).toContain("timeoutSeconds: 7");
});

test("operator.admin is not enough, and cannot give itself what is missing", async () => {
  const { gateway, get } = await startWithFile();
  const { hash } = await get();
  const admin = await connect(gateway, await createKey(gateway, "ada", { scopes: ["operator.admin"] }));
  expect(await fail(admin, "config.patch", { raw: "{}", baseHash: hash })).toBe("MISSING_SCOPE");
  expect(await admin.request<Snapshot>("config.get")).not.toHaveProperty("raw");
  expect(await fail(admin, "keys.create", { name: "eve", scopes: ["operator.config"] })).toBe(
    "missing_scope",
  );

  const owner = await connect(gateway);
  const { secret } = await owner.request<{ secret: string }>("keys.create", {
    name: "editor",
    scopes: ["operator.read", "operator.config"],
  });
  const editor = await connect(gateway, secret);
  const raw = "{ gateway: { limits: { maxWaitMs: 7000 } } }";
  expect(await editor.request("config.patch", { raw, baseHash: hash })).toMatchObject({ applied: true });
});

test("a broken file is shown, and can be replaced", async () => {
  const { socket, get, file } = await startWithFile();
  writeFileSync(file, source.replace("gateway", "gatewy"));
  await expect.poll(async () => (await get()).valid).toBe(false);
  const { hash, issues } = await get();
  expect(issues).toEqual(['gatewy: unknown key (did you mean "gateway"?)']);
  expect(await socket.request("config.set", { raw: source, baseHash: hash })).toMatchObject({
    applied: true,
  });
  expect((await get()).valid).toBe(true);
});

test("a credential makes 30 changes a minute", async () => {
  const { socket } = await startWithFile();
  const codes: unknown[] = [];
  for (let round = 0; round < 31; round += 1)
    codes.push(await fail(socket, "config.set", { raw: "{}", baseHash: "0" }));
  expect(codes).toEqual([...Array<string>(30).fill("config_changed"), "too_many_requests"]);
});

test("null removes nothing from an object that a patch creates", async () => {
  const { socket, get, read } = await startWithFile();
  const raw = "{ budgets: { keys: { ada: { usdPerDay: 5, tokensPerDay: null } } } }";
  await socket.request("config.patch", { raw, baseHash: (await get()).hash });
  expect(read()).toContain("usdPerDay: 5");
  expect(read()).not.toContain("null");
});

test("a dry run says what would change and writes nothing", async () => {
  const { socket, get, read } = await startWithFile();
  const params = {
    raw: source.replace("5000", "6000").replaceAll(canary, "[redacted]"),
    baseHash: (await get()).hash,
    dryRun: true,
  };
  expect(await socket.request("config.apply", params)).toMatchObject({
    changed: ["gateway.limits.maxWaitMs"],
    applied: false,
  });
  expect(read()).toBe(source);
});

test("config.get says in which line a value stands, and not what it is", async () => {
  const { socket } = await startWithFile();
  const { origins } = await socket.request<{ origins: readonly object[] }>("config.get");
  expect(origins).toContainEqual({ path: "gateway.limits.maxWaitMs", line: 3, variables: [] });
  expect(origins).toContainEqual({ path: "models.providers.mine.apiKey", line: 5, variables: [] });
  expect(JSON.stringify(origins)).not.toContain(canary);
});

test("config.get says in which included file a value stands, as the files are merged", async () => {
  const { gateway, socket, file, get } = await startWithFile();
  const write = (name: string, text: string): void => writeFileSync(join(gateway.stateDir, name), text);
  write("limits.json5", "{\n  maxWaitMs: 1000,\n  maxQueued: 7,\n  maxRuns: 3 }");
  write("more.json5", `{ limits: { $include: "limits.json5", maxQueued: 8 },\n  port: 19000 }`);
  write("agents.json5", `{ list: [{ id: "main" },\n { id: "three" }] }`);
  writeFileSync(
    file,
    `{
  gateway: { $include: ["more.json5"], limits: { maxWaitMs: 2000 } },
  agents: { $include: "agents.json5" },
  tools: { $include: "../outside.json5" },
}`,
  );
  const { origins } = (await get()) as Snapshot & { readonly origins: readonly object[] };
  expect(origins).toEqual([
    { path: "gateway.limits.maxWaitMs", line: 2, variables: [] },
    { path: "gateway.limits.maxQueued", line: 1, file: "more.json5", variables: [] },
    { path: "gateway.limits.maxRuns", line: 4, file: "limits.json5", variables: [] },
    { path: "gateway.port", line: 2, file: "more.json5", variables: [] },
    { path: "agents.list.0.id", line: 1, file: "agents.json5", variables: [] },
    { path: "agents.list.1.id", line: 2, file: "agents.json5", variables: [] },
    { path: "tools", line: 4, variables: [] },
  ]);
  socket.ws.close();
});

test("files that include each other have their values once, and end", async () => {
  const { gateway, file, get } = await startWithFile();
  writeFileSync(join(gateway.stateDir, "twin.json5"), `{ port: 19000, $include: "openclaw.json" }`);
  writeFileSync(file, `{ gateway: { $include: "twin.json5" } }`);
  const { origins } = (await get()) as Snapshot & { readonly origins: readonly { readonly path: string }[] };
  expect(origins.filter(({ path }) => path === "gateway.port")).toHaveLength(1);
  expect(origins.length).toBeLessThan(20);
});
