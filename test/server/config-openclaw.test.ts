import { expect, test } from "vitest";
import { ignoredKeys, refusedKeys } from "../../server/config/openclaw/keys.ts";
import { listKnownKeys } from "../../server/config/lookup.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const openclawFile = `{
  // As the original writes it.
  meta: { lastTouchedVersion: "2026.3.1" },
  wizard: { lastRunCommand: "onboard" },
  env: { vars: { GROQ_API_KEY: "x" } },
  gateway: {
    mode: "local",
    port: 18789,
    bind: "loopback",
    auth: { mode: "token", token: "\${OPENCLAW_GATEWAY_TOKEN}", rateLimit: { maxAttempts: 5, exemptLoopback: true } },
    reload: { mode: "hybrid", debounceMs: 300 },
    controlUi: { enabled: true, allowedOrigins: ["https://app.example.com"] },
    tailscale: { mode: "off", resetOnExit: false },
    http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
  },
  agents: {
    defaults: {
      model: { primary: "ollama/llama3.2", fallbacks: ["builtin/assistant"] },
      models: { "ollama/llama3.2": { alias: "llama", params: { temperature: 0.2 } } },
      sandbox: { mode: "off" },
      heartbeat: { every: "30m" },
      compaction: { mode: "safeguard" },
    },
    list: [{ id: "main", default: true, identity: { name: "Molty", emoji: "🦞" } }],
  },
  models: {
    mode: "merge",
    providers: {
      ollama: {
        baseUrl: "http://127.0.0.1:11434/v1",
        api: "openai-completions",
        models: [{ id: "llama3.2", name: "Llama", reasoning: false, input: ["text"], contextWindow: 128000 }],
      },
    },
  },
  tools: { profile: "coding", exec: { host: "gateway", security: "full", ask: "off", timeoutSec: 60 } },
  channels: { telegram: { enabled: true, botToken: "\${TELEGRAM_BOT_TOKEN}" } },
  bindings: [{ agentId: "main", match: { channel: "telegram" } }],
  session: { dmScope: "per-peer", reset: { mode: "daily", atHour: 4 } },
  logging: { level: "info", file: "/tmp/openclaw.log" },
}`;

const ignoredInIt = [
  "meta",
  "wizard",
  "gateway.reload.debounceMs",
  "gateway.controlUi.allowedOrigins",
  "gateway.tailscale.resetOnExit",
  "agents.defaults.models.ollama/llama3.2.params",
  "agents.defaults.heartbeat",
  "agents.defaults.compaction",
  "agents.list.0.identity",
  "models.mode",
  "models.providers.ollama.models.0.reasoning",
  "tools.exec.host",
  "tools.exec.security",
  "tools.exec.ask",
  "channels",
  "bindings",
  "session.dmScope",
];

test("a file of OpenClaw works, with one warning that lists each ignored key and why", () => {
  const { file, load } = createConfigFile(openclawFile);
  const { config, warnings } = load({ env: { OPENCLAW_GATEWAY_TOKEN: "a".repeat(32) } });
  expect(config.gateway.http.endpoints.chatCompletions.enabled).toBe(true);
  expect(config.agents.list[0]).toMatchObject({ id: "main", default: true });
  expect(config.tools.exec.timeoutSeconds).toBe(60);
  expect(warnings).toHaveLength(1);
  const [title, ...lines] = warnings[0]?.split("\n  ") ?? [];
  expect(title).toBe(`Ignored in ${file}, without effect in this gateway:`);
  const listed = lines.flatMap((line) => (line.split(": ")[0] ?? "").split(", "));
  expect(new Set(listed)).toEqual(new Set(ignoredInIt));
  expect(listed).toHaveLength(ignoredInIt.length);
  expect(lines).toContain(
    "channels, bindings: connects chat apps, and says who may write there and how replies look (here: no chat apps: clients use HTTP and the socket)",
  );
});

test("a strict check reports each ignored key as an error", () => {
  const env = { OPENCLAW_GATEWAY_TOKEN: "a".repeat(32) };
  expect(createConfigFile(openclawFile).readIssues({ env, strict: true })).toEqual(
    ignoredInIt.map((path) => expect.stringMatching(`^${path}: has no effect in this gateway: .`)),
  );
});

test("a variable used only in an ignored key can be unset", () => {
  expect(createConfigFile(openclawFile).readIssues()).toEqual([
    "gateway.auth.token: the environment variable OPENCLAW_GATEWAY_TOKEN is not set or empty",
  ]);
});

test.each([
  ["tools.exec.security", { tools: { exec: { security: "allowlist" } } }],
  ["tools.exec.ask", { tools: { exec: { ask: "always" } } }],
  ["tools.exec.mode", { tools: { exec: { mode: "ask" } } }],
  ["tools.exec.host", { tools: { exec: { host: "node" } } }],
  ["agents.list.0.tools.exec.ask", { agents: { list: [{ id: "a", tools: { exec: { ask: "on-miss" } } }] } }],
  [
    "agents.list.0.tools.fs.workspaceOnly",
    { agents: { list: [{ id: "a", tools: { fs: { workspaceOnly: true } } }] } },
  ],
  [
    "agents.entries.a.tools.exec.sandbox",
    { agents: { entries: { a: { tools: { exec: { sandbox: "bwrap" } } } } } },
  ],
  ["tools.exec.applyPatch.allowModels", { tools: { exec: { applyPatch: { allowModels: ["openai/*"] } } } }],
  [
    "tools.web.fetch.ssrfPolicy.blockedHostnames",
    { tools: { web: { fetch: { ssrfPolicy: { blockedHostnames: ["a"] } } } } },
  ],
  ["tools.toolsBySender", { tools: { toolsBySender: { "id:guest": { deny: ["exec"] } } } }],
  ["gateway.roles", { gateway: { roles: { reader: { deny: ["*"] } } } }],
  ["session.sendPolicy.default", { session: { sendPolicy: { default: "deny" } } }],
  ["session.sendPolicy.rules.0", { session: { sendPolicy: { rules: [{ action: "deny" }] } } }],
  [
    "session.sendPolicy.rules.0",
    { session: { sendPolicy: { rules: [{ action: "deny", match: { keyPrefix: "user:" } }] } } },
  ],
  ["gateway.tls.caPath", { gateway: { tls: { caPath: "ca.pem", enabled: false } } }],
  ["secrets.egressProxy.enabled", { secrets: { egressProxy: { enabled: true } } }],
  ["proxy.enabled", { proxy: { enabled: true, proxyUrl: "http://127.0.0.1:1" } }],
  [
    "models.providers.a.agentRuntime.id",
    { models: { providers: { a: { baseUrl: "http://a", agentRuntime: { id: "codex" } } } } },
  ],
  [
    "models.providers.a.api",
    { models: { providers: { a: { baseUrl: "http://a", api: "bedrock-converse-stream" } } } },
  ],
  [
    "models.providers.a.request.tls",
    { models: { providers: { a: { baseUrl: "http://a", request: { tls: { insecureSkipVerify: true } } } } } },
  ],
])("%s is an error, since ignoring it would be unsafe", (path, content) => {
  const issues = createConfigFile(content).readIssues();
  expect(issues).toEqual([expect.stringMatching(/^[^ ]+: (\S+ )?is not supported: .+/)]);
  expect(issues[0]).toContain(`${path}: `);
});

test("an unsupported value is named with the reason", () => {
  expect(createConfigFile({ tools: { exec: { security: "allowlist" } } }).readIssues()).toEqual([
    'tools.exec.security: "allowlist" is not supported: commands are not approved one by one; deny the tool with tools.deny instead',
  ]);
});

test("a restriction that nothing here could violate is only ignored", () => {
  const { warnings } = createConfigFile({
    approvals: { exec: { enabled: true } },
    proxy: { enabled: false },
    secrets: { egressProxy: { enabled: false } },
    tools: {
      exec: { security: "full", ask: "off" },
      web: { search: { enabled: false } },
      subagents: { tools: { deny: ["exec"] } },
    },
    session: {
      sendPolicy: {
        default: "allow",
        rules: [
          { action: "allow" },
          { action: "deny", match: { channel: "discord" } },
          { action: "deny", match: { chatType: "group" } },
        ],
      },
    },
  }).load();
  expect(warnings).toHaveLength(1);
  const paths = warnings[0]
    ?.split("\n  ")
    .slice(1)
    .flatMap((line) => line.split(": ")[0]?.split(", "));
  expect(paths).toEqual([
    "approvals",
    "proxy",
    "secrets.egressProxy",
    "tools.exec.security",
    "tools.exec.ask",
    "tools.web.search",
    "tools.subagents",
    "session.sendPolicy",
  ]);
});

test("a key unknown to both gateways is an error, also beside ignored ones", () => {
  expect(createConfigFile({ session: { dmScope: "main", dmScop: 1 }, chanels: {} }).readIssues()).toEqual([
    "session.dmScop: unknown key",
    "chanels: unknown key",
  ]);
});

test("no key is both supported and ignored, or both ignored and refused", () => {
  // A rule for one type leaves the other values to this gateway.
  for (const { pattern } of ignoredKeys.filter(({ only }) => only === undefined)) {
    const path = pattern.map((part) => (part === "*" ? "x" : part));
    const parent = path
      .slice(0, -1)
      .map((part, i) => (/\.(list|models)$/.test(`.${path[i - 1]}`) ? 0 : part));
    expect(listKnownKeys(parent), pattern.join(".")).not.toContain(path.at(-1));
  }
  const ignored = ignoredKeys.map(({ pattern }) => pattern.join("."));
  const always = refusedKeys.filter((rule) => rule.only === undefined && rule.except === undefined);
  for (const { pattern } of always) expect(ignored).not.toContain(pattern.join("."));
});
