import { expect, test } from "vitest";
import { ignoredOpenClawKeys } from "../../server/config/ignored-openclaw-keys.ts";
import { unsupportedKeys } from "../../server/config/unsupported-keys.ts";
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
    controlUi: { enabled: true },
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
  "env",
  "gateway.auth.rateLimit.exemptLoopback",
  "gateway.reload.debounceMs",
  "gateway.controlUi",
  "gateway.tailscale",
  "agents.defaults.models.ollama/llama3.2.params",
  "agents.defaults.sandbox",
  "agents.defaults.heartbeat",
  "agents.defaults.compaction",
  "agents.list.0.identity",
  "models.mode",
  "models.providers.ollama.models.0.reasoning",
  "models.providers.ollama.models.0.input",
  "tools.exec.host",
  "tools.exec.security",
  "tools.exec.ask",
  "tools.exec.timeoutSec",
  "channels",
  "bindings",
  "session.dmScope",
  "logging.file",
];

test("a file of OpenClaw works, with one warning that lists the ignored keys", () => {
  const { file, load } = createConfigFile(openclawFile);
  const { config, warnings } = load({ env: { OPENCLAW_GATEWAY_TOKEN: "a".repeat(32) } });
  expect(config.gateway.http.endpoints.chatCompletions.enabled).toBe(true);
  expect(config.agents.list[0]).toMatchObject({ id: "main", default: true });
  expect(warnings).toEqual([`Ignored in ${file}, without effect in this gateway: ${ignoredInIt.join(", ")}`]);
});

test("a strict check reports each ignored key as an error", () => {
  const env = { OPENCLAW_GATEWAY_TOKEN: "a".repeat(32) };
  expect(createConfigFile(openclawFile).readIssues({ env, strict: true })).toEqual(
    ignoredInIt.map((path) => `${path}: has no effect in this gateway`),
  );
});

test("a variable used only in an ignored key can be unset", () => {
  expect(createConfigFile(openclawFile).readIssues()).toEqual([
    "gateway.auth.token: the environment variable OPENCLAW_GATEWAY_TOKEN is not set or empty",
  ]);
});

test.each([
  ["agents.defaults.sandbox.mode", { agents: { defaults: { sandbox: { mode: "non-main" } } } }],
  ["agents.list.0.sandbox.mode", { agents: { list: [{ id: "a", sandbox: { mode: "all" } }] } }],
  ["agents.entries.a.sandbox.mode", { agents: { entries: { a: { sandbox: { mode: "all" } } } } }],
  ["tools.exec.security", { tools: { exec: { security: "allowlist" } } }],
  ["tools.exec.ask", { tools: { exec: { ask: "always" } } }],
  ["tools.exec.mode", { tools: { exec: { mode: "deny" } } }],
  ["tools.exec.host", { tools: { exec: { host: "sandbox" } } }],
  ["agents.list.0.tools.exec.ask", { agents: { list: [{ id: "a", tools: { exec: { ask: "on-miss" } } }] } }],
  [
    "agents.list.0.tools.fs.workspaceOnly",
    { agents: { list: [{ id: "a", tools: { fs: { workspaceOnly: true } } }] } },
  ],
  [
    "agents.entries.a.tools.exec.sandbox",
    { agents: { entries: { a: { tools: { exec: { sandbox: "bwrap" } } } } } },
  ],
  [
    "gateway.http.endpoints.responses.files.allowedMimes",
    { gateway: { http: { endpoints: { responses: { files: { allowedMimes: ["text/csv"] } } } } } },
  ],
  ["tools.web.fetch.enabled", { tools: { web: { fetch: { enabled: false } } } }],
  ["tools.sandbox", { tools: { sandbox: { tools: { deny: ["exec"] } } } }],
  ["tools.profile", { tools: { profile: "messaging" } }],
  ["approvals", { approvals: { exec: { enabled: true } } }],
  ["gateway.roles", { gateway: { roles: { reader: { deny: ["*"] } } } }],
  ["session.sendPolicy.default", { session: { sendPolicy: { default: "deny" } } }],
  ["session.sendPolicy.rules.0.action", { session: { sendPolicy: { rules: [{ action: "deny" }] } } }],
  ["gateway.mode", { gateway: { mode: "remote" } }],
  ["gateway.bind", { gateway: { bind: "tailnet" } }],
  ["gateway.auth.mode", { gateway: { auth: { mode: "trusted-proxy" } } }],
  ["gateway.tls.caPath", { gateway: { tls: { caPath: "ca.pem", enabled: false } } }],
  [
    "models.providers.a.api",
    { models: { providers: { a: { baseUrl: "http://a", api: "bedrock-converse-stream" } } } },
  ],
])("%s is an error, since ignoring it would be unsafe", (path, content) => {
  const issues = createConfigFile(content).readIssues();
  expect(issues).toEqual([expect.stringMatching(/^[^ ]+: (\S+ )?is not supported: .+/)]);
  expect(issues[0]).toContain(`${path}: `);
});

test("an unsupported value is named with the reason", () => {
  expect(createConfigFile({ agents: { defaults: { sandbox: { mode: "non-main" } } } }).readIssues()).toEqual([
    'agents.defaults.sandbox.mode: "non-main" is not supported: this gateway has no sandbox, and agents could do more without one',
  ]);
});

test("a restriction without effect is only ignored", () => {
  const { warnings } = createConfigFile({
    tools: { exec: { security: "full", ask: "off" }, web: { search: { enabled: true } } },
    session: { sendPolicy: { default: "allow", rules: [{ action: "allow" }] } },
  }).load();
  expect(warnings).toEqual([
    expect.stringMatching(
      /: tools\.exec\.security, tools\.exec\.ask, tools\.web\.search, session\.sendPolicy$/,
    ),
  ]);
});

test("a key unknown to both gateways is an error, also beside ignored ones", () => {
  expect(createConfigFile({ session: { dmScope: "main", dmScop: 1 }, chanels: {} }).readIssues()).toEqual([
    "session.dmScop: unknown key",
    "chanels: unknown key",
  ]);
});

test("no key is both supported and ignored, or both ignored and unsupported", () => {
  for (const pattern of ignoredOpenClawKeys) {
    const path = pattern.split(".").map((part) => (part === "*" ? "x" : part));
    const parent = path
      .slice(0, -1)
      .map((part, i) => (/\.(list|models)$/.test(`.${path[i - 1]}`) ? 0 : part));
    expect(listKnownKeys(parent), pattern).not.toContain(path.at(-1));
  }
  const always = unsupportedKeys.filter((rule) => rule.only === undefined && rule.except === undefined);
  for (const rule of always) expect(ignoredOpenClawKeys).not.toContain(rule.path);
});
