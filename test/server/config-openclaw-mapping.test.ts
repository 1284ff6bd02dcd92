/** OpenClaw's spellings that mean something here under another name. */
import { expect, test } from "vitest";
import { reveal } from "../../contracts/config/secret.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const load = (content: unknown, env: NodeJS.ProcessEnv = {}) => createConfigFile(content).load({ env });

test("tools: settings that deny a tool are denials, also for one agent", () => {
  const { config, warnings } = load({
    tools: {
      profile: "messaging",
      deny: ["read"],
      exec: { security: "deny", ask: "always", timeoutSec: 7 },
      web: { fetch: { maxCharsCap: 900, maxChars: 1000, maxResponseBytes: 77 } },
    },
    agents: {
      entries: {
        a: { tools: { exec: { mode: "deny", applyPatch: { enabled: false } } } },
        b: { tools: { web: { fetch: { enabled: false } }, toolsBySender: { "*": { deny: ["write"] } } } },
      },
    },
  });
  expect(config.tools).toMatchObject({ profile: "messaging", deny: ["read", "exec", "process"] });
  expect(config.tools.exec.timeoutSeconds).toBe(7);
  expect(config.tools.web.fetch).toMatchObject({ maxChars: 900, maxBytes: 77 });
  expect(config.agents.list.map(({ tools }) => tools?.deny)).toEqual([
    ["exec", "process", "apply_patch"],
    ["web_fetch", "write"],
  ]);
  expect(warnings.join()).not.toContain("ask");
});

test("tools: rules for every sender that would replace rules for all are an error", () => {
  const toolsBySender = { "*": { allow: ["read"] } };
  expect(createConfigFile({ tools: { allow: ["write"], toolsBySender } }).readIssues()).toEqual([
    "tools.toolsBySender.*: cannot be combined with the lists beside it; merge them",
  ]);
  expect(load({ tools: { toolsBySender } }).config.tools.allow).toEqual(["read"]);
});

test("sessions and the log", () => {
  const { config, warnings } = load({
    session: { reset: { mode: "none" }, maintenance: { pruneAfter: 30 } },
    logging: { consoleStyle: "pretty", consoleLevel: "warn" },
  });
  expect(config.session.reset).toBeUndefined();
  expect(config.session.maintenance.pruneAfter).toBe("30d");
  expect(config.logging).toMatchObject({ format: "pretty", level: "warn" });
  expect(warnings).toEqual([]);
});

test("agents: levels of thinking, the number of runs, and the agent of requests that name none", () => {
  const { config, warnings } = load({
    agents: {
      defaults: { thinkingDefault: "adaptive", maxConcurrent: 5, systemAgent: { agentId: "Ops" } },
      entries: { main: { thinkingDefault: "ultra", description: "Answers." }, ops: {} },
    },
  });
  expect(config.agents.defaults.thinkingDefault).toBeUndefined();
  expect(config.agents.list.map(({ id, default: isDefault }) => [id, isDefault])).toEqual([
    ["main", false],
    ["ops", true],
  ]);
  expect(config.agents.list[0]).toMatchObject({ thinkingDefault: "max", description: "Answers." });
  expect(config.gateway.limits.maxConcurrentRuns).toBe(5);
  expect(warnings).toEqual([]);
});

test("agents: an explicit default goes before the agent of the system's work, and an unknown one is named", () => {
  const entries = { main: { default: true }, ops: {} };
  const defaults = { systemAgent: { agentId: "ops" } };
  expect(load({ agents: { defaults, entries } }).config.agents.list.map((agent) => agent.default)).toEqual([
    true,
    false,
  ]);
  expect(load({ agents: { defaults } }).warnings).toEqual([
    'agents.defaults.systemAgent.agentId: has no effect: there is no agent "ops"',
  ]);
});

test("models: an alias or the id of one provider's model may stand in every field, in any case", () => {
  const { config } = load({
    agents: {
      defaults: {
        model: { primary: "Opus", fallbacks: ["qwen", "builtin/assistant"] },
        models: { "local/claude-opus": { alias: "opus" }, "local/*": {} },
      },
      entries: {
        a: { model: "mine", models: { "other/x": { alias: "mine" } }, modelPolicy: { allow: ["opus"] } },
      },
    },
    models: {
      providers: {
        local: { baseUrl: "http://127.0.0.1:1/v1", models: [{ id: "qwen" }, { id: "both" }] },
        other: { baseUrl: "http://127.0.0.1:1/v1", models: [{ id: "both" }] },
      },
    },
  });
  expect(config.agents.defaults.model).toEqual({
    primary: "local/claude-opus",
    fallbacks: ["local/qwen", "builtin/assistant"],
  });
  expect(config.agents.list[0]).toMatchObject({
    model: "other/x",
    modelPolicy: { allow: ["local/claude-opus"] },
  });
  const ambiguous = createConfigFile({
    agents: { defaults: { model: "both" } },
    models: {
      providers: Object.fromEntries(
        ["a", "b"].map((name) => [name, { baseUrl: "http://127.0.0.1:1/v1", models: [{ id: "both" }] }]),
      ),
    },
  });
  expect(ambiguous.readIssues()).toEqual([expect.stringContaining('there is no alias "both"')]);
});

test("models: an API of OpenClaw that another one serves, and the settings of calls", () => {
  const { config, warnings } = load({
    models: {
      providers: {
        mine: {
          api: "ollama",
          baseUrl: "http://127.0.0.1:11434/",
          timeoutSeconds: 300,
          maxTokens: 10,
          authHeader: true,
          request: { headers: { "x-a": "b" }, auth: { mode: "authorization-bearer", token: "t" } },
          models: [
            {
              id: "m",
              compat: { supportsStrictMode: true, thinkingFormat: "qwen" },
              contextTokens: 5,
              input: ["text"],
            },
          ],
        },
        azure: {
          api: "azure-openai-responses",
          baseUrl: "https://x.openai.azure.com/openai/v1",
          apiKey: "azure-key",
        },
      },
    },
  });
  expect(config.models.providers["mine"]).toMatchObject({
    api: "openai-completions",
    baseUrl: "http://127.0.0.1:11434/v1",
    timeouts: { firstByteMs: 300_000, silenceMs: 300_000 },
    maxTokens: 10,
    authHeader: true,
    models: [{ id: "m", compat: { supportsStrictMode: true } }],
  });
  const azure = config.models.providers["azure"];
  expect(azure).toMatchObject({ api: "openai-responses" });
  expect(azure?.apiKey).toBeUndefined();
  expect(azure?.headers["api-key"] && reveal(azure.headers["api-key"])).toBe("azure-key");
  const mine = config.models.providers["mine"];
  expect(mine?.apiKey && reveal(mine.apiKey)).toBe("t");
  expect(warnings).toEqual([
    expect.stringMatching(/\n {2}models\.providers\.mine\.models\.0\.compat\.thinkingFormat: .+$/),
  ]);
});

test("MCP servers: names, transports, times and values are those of this gateway; errors name the place in the file", () => {
  const { config, warnings } = load({
    mcp: {
      apps: { enabled: true },
      servers: {
        "my server": {
          command: "server",
          workingDirectory: "work",
          env: { PORT: 1, DEBUG: true },
          connectionTimeoutMs: 1500,
          requestTimeoutMs: 61_000,
          toolFilter: { exclude: ["delete_*"] },
          supportsParallelToolCalls: true,
        },
        remote: { url: "https://mcp.example.org/mcp", transport: "streamable-http", headers: { a: "b" } },
        off: { command: "x", enabled: false },
        insecure: { url: "https://mcp.example.org/mcp", sslVerify: false },
      },
    },
  });
  const { "my-server": local, remote, ...others } = config.tools.mcpServers;
  expect(others).toEqual({});
  expect(local).toMatchObject({
    command: "server",
    cwd: expect.stringMatching(/\/\.openclaw\/work$/) as unknown,
    startTimeoutSeconds: 2,
    timeoutSeconds: 61,
    toolFilter: { exclude: ["delete_*"] },
  });
  expect(remote).toMatchObject({ type: "streamable-http", url: "https://mcp.example.org/mcp" });
  expect(warnings).toEqual([
    expect.stringMatching(/\n {2}mcp\.apps: /),
    'mcp.servers."my server": is "my-server" here: its tools are my-server__<tool>',
    "mcp.servers.insecure: is left out: an unchecked certificate is not accepted; NODE_EXTRA_CA_CERTS adds an authority",
  ]);
  const broken = createConfigFile({ mcp: { servers: { a: { command: "x", argz: [] } } } });
  expect(broken.readIssues()).toEqual(['mcp.servers.a.argz: unknown key (did you mean "args"?)']);
});

test("MCP servers: one of tools.mcpServers goes before one of mcp.servers, and two may not become one", () => {
  const servers = { docs: { command: "theirs" } };
  const { config, warnings } = load({
    tools: { mcpServers: { docs: { command: "ours" } } },
    mcp: { servers },
  });
  expect(config.tools.mcpServers["docs"]).toMatchObject({ command: "ours" });
  expect(warnings).toEqual(['mcp.servers.docs: is left out: there is another server "docs"']);
  const clash = { mcp: { servers: { "a b": { command: "x" }, "a.b": { command: "y" } } } };
  expect(createConfigFile(clash).readIssues()).toEqual([
    'mcp.servers.a.b: is left out: there is another server "a-b"; give one of them another name',
  ]);
});
