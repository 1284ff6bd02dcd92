import { expect, test } from "vitest";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const local = { baseUrl: "http://127.0.0.1:11434/v1" };

test("every model reference must name an existing provider", () => {
  const { readIssues } = createConfigFile({
    agents: {
      defaults: { model: { primary: "locl/a", fallbacks: ["local/a", "nobody/b"] } },
      list: [{ id: "a", model: "local/x/y", modelPolicy: { allow: ["lokal/*"] } }],
    },
    models: { providers: { local } },
  });
  const known = 'known: "builtin", "local"';
  expect(readIssues()).toEqual([
    `agents.defaults.model.primary: no provider "locl" (did you mean "local"?); ${known}`,
    `agents.defaults.model.fallbacks.1: no provider "nobody"; ${known}`,
    `agents.list.0.modelPolicy.allow.0: no provider "lokal" (did you mean "local"?); ${known}`,
  ]);
});

test("a model that callers could select, of an unknown provider, is left out with a warning", () => {
  const { config, warnings } = createConfigFile({
    agents: { defaults: { models: { "lokal/x": {}, "local/y": {} } } },
    models: { providers: { local } },
  }).load();
  expect(Object.keys(config.agents.defaults.models)).toEqual(["local/y"]);
  expect(warnings).toEqual([
    'agents.defaults.models.lokal/x: has no effect: no provider "lokal" (did you mean "local"?); known: "builtin", "local"',
  ]);
});

test("the embedded provider has fixed models and a reserved name", () => {
  const { readIssues } = createConfigFile({
    agents: { defaults: { model: "builtin/asistant" } },
    models: { providers: { builtin: local } },
  });
  expect(readIssues()).toEqual([
    "models.providers.builtin: is the name of the embedded provider; choose another",
    'agents.defaults.model: no builtin model "asistant" (did you mean "assistant"?); known: "assistant"',
  ]);
});

test("a model without a provider is an error that shows the format", () => {
  expect(createConfigFile({ agents: { defaults: { model: "gpt-4o" } } }).readIssues()).toEqual([
    'agents.defaults.model: must be "<provider>/<model>", for instance "builtin/assistant", or an alias; there is no alias "gpt-4o"',
  ]);
});

test("references are checked even if the schema has errors", () => {
  expect(
    createConfigFile({ gateway: { port: "x" }, agents: { defaults: { model: "a/b" } } }).readIssues(),
  ).toEqual([
    "gateway.port: expected number, got string",
    'agents.defaults.model: no provider "a"; known: "builtin"',
  ]);
});

test("an alias must name an agent", () => {
  const modelAliases = { a: "openclaw:Coder", b: "openclaw", c: "openclaw/codr", d: "coder", e: "agent:x" };
  const { readIssues } = createConfigFile({
    gateway: { http: { modelAliases } },
    agents: { list: [{ id: "coder" }, { id: "writer" }] },
  });
  const known = 'known: "coder", "writer"';
  expect(readIssues()).toEqual([
    `gateway.http.modelAliases.c: no agent "codr" (did you mean "coder"?); ${known}`,
    'gateway.http.modelAliases.d: must name an agent: "openclaw" or "openclaw:<agent id>"',
    `gateway.http.modelAliases.e: no agent "x"; ${known}`,
  ]);
});

test("without agents an alias can name the implicit one", () => {
  const { load } = createConfigFile({ gateway: { http: { modelAliases: { "gpt-4o": "openclaw:main" } } } });
  expect(load().config.gateway.http.modelAliases).toEqual({ "gpt-4o": "openclaw:main" });
});

test("ids that differ only in case, and two default agents, are errors", () => {
  const { readIssues } = createConfigFile({
    agents: {
      list: [
        { id: "a", default: true },
        { id: "A", default: true },
      ],
    },
  });
  expect(readIssues()).toEqual([
    'agents.list.1.id: "A" is already used by agents.list.0',
    "agents.list.1.default: agents.list.0 is already the default agent",
  ]);
});

test("an id must be valid in a request", () => {
  expect(createConfigFile({ agents: { list: [{ id: "my agent" }] } }).readIssues()).toEqual([
    "agents.list.0.id: must be 1 to 64 letters, digits, `_` or `-`, the first a letter or digit",
  ]);
  expect(createConfigFile({ agents: { entries: { "-x": {} } } }).readIssues()[0]).toMatch(
    /^agents\.entries\.-x: .*must be 1 to 64/,
  );
});

test("agents may be a map, which is read as a list", () => {
  const { load } = createConfigFile({ agents: { entries: { a: { name: "A" }, b: { default: true } } } });
  expect(load().config.agents.list).toEqual([
    { id: "a", name: "A", default: false, place: "agents.entries.a" },
    { id: "b", default: true, place: "agents.entries.b" },
  ]);
});

test("agents are a list or a map, not both", () => {
  expect(createConfigFile({ agents: { list: [{ id: "a" }], entries: { b: {} } } }).readIssues()).toEqual([
    "agents.entries: cannot be combined with agents.list",
  ]);
});

test("a key that requires another one is an error without it", () => {
  const { readIssues, home } = createConfigFile({
    gateway: { bind: "custom", tls: { certPath: "cert.pem" } },
  });
  expect(readIssues()).toEqual([
    `gateway.tls.certPath: the file ${home}/.openclaw/cert.pem cannot be read`,
    "gateway.tls.keyPath: is required for TLS",
    'gateway.customBindHost: is required with gateway.bind "custom"',
  ]);
});

test("disabled TLS is absent", () => {
  const tls = { enabled: false, certPath: "a", keyPath: "b" };
  expect(createConfigFile({ gateway: { tls } }).load().config.gateway.tls).toBeUndefined();
});

test("allow and alsoAllow in one place contradict each other", () => {
  const both = { allow: ["read"], alsoAllow: ["exec"] };
  const { readIssues } = createConfigFile({
    tools: { ...both, byProvider: { builtin: both } },
    agents: { list: [{ id: "a", tools: both }] },
  });
  expect(readIssues()).toEqual([
    "tools.alsoAllow: cannot be combined with allow",
    "tools.byProvider.builtin.alsoAllow: cannot be combined with allow",
    "agents.list.0.tools.alsoAllow: cannot be combined with allow",
  ]);
});

test("the format of addresses, origins and URLs is checked", () => {
  const { readIssues } = createConfigFile({
    gateway: {
      trustedProxies: ["10.0.0.0/8", "::1", "proxy.local"],
      http: { cors: { allowedOrigins: ["https://a.example", "*", "https://a.example/path"] } },
    },
    models: { providers: { a: { baseUrl: "ftp://x" }, "b/c": { baseUrl: "http://x" } } },
  });
  const origin = 'must be an origin, for instance "https://app.example.com": no path, no wildcard';
  expect(readIssues()).toEqual([
    'gateway.trustedProxies.2: expected an IP address or a range such as "10.0.0.0/8"',
    `gateway.http.cors.allowedOrigins.1: ${origin}`,
    `gateway.http.cors.allowedOrigins.2: ${origin}`,
    "models.providers.a.baseUrl: must be an http or https URL",
    "models.providers.b/c: this name must have no `/` and no spaces",
  ]);
});
