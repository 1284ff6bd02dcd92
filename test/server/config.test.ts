import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError } from "../../server/lib/config-error.ts";
import { resolveListenPort } from "../../server/config/environment.ts";
import { createConfigFile, createConfigFolder } from "../support/gateway/config-folder.ts";

test("without a file every key has its default", () => {
  const { load, file, home } = createConfigFolder({});
  const { config, path, stateDir, warnings } = load();
  expect(path).toBe(file);
  expect(stateDir).toBe(join(home, ".openclaw"));
  expect(warnings).toEqual([]);
  expect(config.gateway.port).toBe(18_789);
  expect(config.agents).toMatchObject({ defaults: { model: "builtin/assistant" }, list: [] });
});

test("a file named by the environment must exist", () => {
  const { readIssues } = createConfigFolder({});
  expect(readIssues({ env: { OPENCLAW_CONFIG_PATH: "~/other.json5" } })).toEqual([
    "cannot be read: no such file",
  ]);
});

test("a broken link is an error, not an empty configuration", () => {
  const { home, file, readIssues } = createConfigFolder({});
  mkdirSync(join(home, ".openclaw"));
  symlinkSync(join(home, "gone.json"), file);
  expect(readIssues()).toEqual(["cannot be read: no such file"]);
});

test("the environment chooses file and state folder, from the home or the current folder", () => {
  const { home, load } = createConfigFolder({});
  writeFileSync(join(home, "mine.json5"), "{ gateway: { port: 1234 } }");
  const env = { OPENCLAW_CONFIG_PATH: "mine.json5", OPENCLAW_STATE_DIR: "~/state" };
  const loaded = load({ env });
  expect(loaded.path).toBe(join(home, "mine.json5"));
  expect(loaded.stateDir).toBe(join(home, "state"));
  expect(loaded.config.gateway.port).toBe(1234);
});

test("all errors are reported at once, each with its path and the expected value", () => {
  const { file, load } = createConfigFile(`{
    gateway: { port: "http", binds: "lan" },
    agents: { list: [{ id: "main", modle: "builtin/assistant" }] },
    models: { providers: { local: {} } },
  }`);
  expect(() => load()).toThrow(
    new ConfigError(file, [
      { path: "gateway.port", message: "expected number, got string" },
      { path: "gateway.binds", message: 'unknown key (did you mean "bind"?)' },
      { path: "agents.list.0.modle", message: 'unknown key (did you mean "model"?)' },
      { path: "models.providers.local.baseUrl", message: 'is required for api "openai-completions"' },
    ]),
  );
  expect(() => load()).toThrow(
    `Invalid configuration in ${file}:\n  gateway.port: expected number, got string\n  gateway.binds: unknown`,
  );
});

test("an unknown key without a similar one gets no suggestion", () => {
  expect(createConfigFile({ temperature: 1 }).readIssues()).toEqual(["temperature: unknown key"]);
});

test("invalid JSON5 is an error with line and column", () => {
  expect(createConfigFile("{\n  gateway: {\n    port: 1 2\n").readIssues()).toEqual([
    "line 3, column 13: invalid character '2'",
  ]);
});

test.each([
  ["a list", "[]"],
  ["a text", '"gateway"'],
  ["null", "null"],
])("a file with %s is an error", (_, content) => {
  expect(createConfigFile(content).readIssues()).toEqual(["must be an object: { … }"]);
});

test("a file of more than 2 MiB is not read", () => {
  const { readIssues } = createConfigFile(`{} //${" ".repeat(2 * 1024 * 1024)}`);
  expect(readIssues()).toEqual(["has 2097157 bytes; the limit is 2 MiB (2097152)"]);
});

test("a folder instead of the file is an error", () => {
  const { file, readIssues } = createConfigFolder({});
  mkdirSync(file, { recursive: true });
  expect(readIssues()).toEqual(["is not a regular file"]);
});

test("prototype keys are errors everywhere", () => {
  const { readIssues } = createConfigFile(`{
    "__proto__": { polluted: 1 },
    gateway: { http: { modelAliases: { constructor: "openclaw", prototype: "openclaw" } } },
  }`);
  expect(readIssues()).toEqual([
    "__proto__: this key is never allowed",
    "gateway.http.modelAliases.constructor: this key is never allowed",
    "gateway.http.modelAliases.prototype: this key is never allowed",
  ]);
});

test("a too deeply nested file is an error and does not exhaust the stack", () => {
  const [issue] = createConfigFile(`{ gateway: ${"[".repeat(50_000)}${"]".repeat(50_000)} }`).readIssues();
  expect(issue).toMatch(/^gateway\.0\.0.*: is nested more than 64 levels deep$/);
});

test("variables are replaced in strings at any depth, except escaped ones", () => {
  const { load } = createConfigFile({
    agents: {
      defaults: { instructions: "${WHO} pays $5 to ${who}, writes $${WHO} and $PATH" },
      list: [{ id: "a", tools: { deny: ["${TOOL}", "${TOOL}*"] } }],
    },
  });
  const { agents } = load({ env: { WHO: "Ada", TOOL: "exec" } }).config;
  expect(agents.defaults.instructions).toBe("Ada pays $5 to ${who}, writes ${WHO} and $PATH");
  expect(agents.list[0]?.tools?.deny).toEqual(["exec", "exec*"]);
});

test.for(["${WHO:-Ada}", "${WHO-Ada}", "${WHO:?not set}", "x ${WHO:=Ada}", "${WHO+Ada}"])(
  "a shell's operator is an error and not a text: %s",
  (instructions) => {
    const { readIssues } = createConfigFile({ agents: { defaults: { instructions } } });
    expect(readIssues({ env: { WHO: "Bob" } })).toEqual([
      "agents.defaults.instructions: defaults and other operators of a shell are not supported in a reference; write ${WHO}, or $${WHO…} for the text itself",
    ]);
  },
);

test("an escaped operator is a text", () => {
  const { load } = createConfigFile({ agents: { defaults: { instructions: "$${WHO:-Ada}" } } });
  expect(load({ env: {} }).config.agents.defaults.instructions).toBe("${WHO:-Ada}");
});

test("variables in a variable's value are not replaced", () => {
  const { load } = createConfigFile({ agents: { defaults: { instructions: "${A}" } } });
  expect(load({ env: { A: "${B}" } }).config.agents.defaults.instructions).toBe("${B}");
});

test("a missing or empty variable is one error with its name and path", () => {
  const { readIssues } = createConfigFile({ gateway: { bind: "${BIND}", auth: { token: "${TOKEN}" } } });
  expect(readIssues({ env: { TOKEN: "" } })).toEqual([
    "gateway.bind: the environment variable BIND is not set or empty",
    "gateway.auth.token: the environment variable TOKEN is not set or empty",
  ]);
});

test("the configuration is deeply frozen", () => {
  const { config } = createConfigFile({ agents: { list: [{ id: "a" }] } }).load();
  const open: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Object.isFrozen(value)) open.push(path);
    for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
  };
  visit(config, "config");
  expect(open).toEqual([]);
});

test("paths are relative to the file's folder or the home folder", () => {
  const { home, load } = createConfigFolder({
    "openclaw.json": {
      gateway: { tls: { certPath: "tls/cert.pem", keyPath: "~/.openclaw/tls/key.pem" } },
      agents: { defaults: { workspace: "~/work" }, list: [{ id: "a", workspace: "workspace-a" }] },
    },
    "tls/cert.pem": "a certificate",
    "tls/key.pem": "a key",
  });
  const { gateway, agents } = load().config;
  expect(gateway.tls).toEqual({
    autoGenerate: false,
    certPath: join(home, ".openclaw/tls/cert.pem"),
    keyPath: join(home, ".openclaw/tls/key.pem"),
  });
  expect(agents.defaults.workspace).toBe(join(home, "work"));
  expect(agents.list[0]?.workspace).toBe(join(home, ".openclaw/workspace-a"));
});

test("the port is the flag's, else the environment's, else the file's", () => {
  const { config } = createConfigFile({ gateway: { port: 3 } }).load();
  expect(resolveListenPort(1, { OPENCLAW_GATEWAY_PORT: "2" }, config)).toBe(1);
  expect(resolveListenPort(undefined, { OPENCLAW_GATEWAY_PORT: "2" }, config)).toBe(2);
  expect(resolveListenPort(undefined, { OPENCLAW_GATEWAY_PORT: "" }, config)).toBe(3);
  for (const bad of ["http", "65536", "-1", "1.5", "0x10"]) {
    expect(() => resolveListenPort(undefined, { OPENCLAW_GATEWAY_PORT: bad }, config)).toThrow(
      "OPENCLAW_GATEWAY_PORT: expected a port from 0 to 65535",
    );
  }
});

const manual = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

test("the errors in the manual are the real ones", () => {
  const [, shown] = /```\n(Invalid configuration in [^`]+)\n```/.exec(manual) ?? [];
  const { file, load } = createConfigFile({
    gateway: { port: "http", auth: { token: "${GATEWAY_TOKEN}" } },
    agents: { list: [{ id: "a", modle: "builtin/assistant" }] },
  });
  expect(() => load()).toThrow(shown?.replace("/home/ada/.openclaw/openclaw.json", file));
});

test("the includes that the manual shows work", () => {
  const [, shown] = /```json5\n([^`]+)```/.exec(manual) ?? [];
  const { load } = createConfigFolder({
    "openclaw.json": shown,
    "gateway.json5": { port: 1 },
    "agents.json5": { defaults: { maxSteps: 1 } },
    "more-agents.json5": { list: [{ id: "a" }] },
  });
  const { gateway, agents } = load().config;
  expect([gateway.port, agents.defaults.maxSteps, agents.list[0]?.id]).toEqual([1, 8, "a"]);
});
