/** Model providers that need no block in the file. */
import { expect, test } from "vitest";
import { Config } from "../../contracts/config/config.ts";
import { findKnownProvider, knownProviders } from "../../contracts/config/known-providers.ts";
import { reveal } from "../../contracts/config/secret.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const withModel = (model: string, providers: object = {}) =>
  createConfigFile({ agents: { defaults: { model } }, models: { providers } });

const keys = Object.fromEntries(
  knownProviders.flatMap(({ env = [] }) => env.map((name) => [name, `key-of-${name}`])),
);

test.each(knownProviders.filter(({ baseUrl }) => baseUrl !== undefined))(
  "$id needs no block",
  ({ id, api, baseUrl, env = [] }) => {
    const { config, warnings } = withModel(`${id}/any/model`).load({ env: keys });
    const provider = config.models.providers[id];
    expect(provider).toMatchObject({ api, baseUrl });
    expect(provider?.apiKey && reveal(provider.apiKey)).toBe(env[0] && keys[env[0]]);
    expect(warnings).toEqual([]);
  },
);

test.each(knownProviders.filter(({ api, baseUrl }) => api !== undefined && baseUrl === undefined))(
  "$id needs the address of the operator's server",
  ({ id }) => {
    expect(withModel(`${id}/m`).readIssues({ env: keys })).toEqual([
      `agents.defaults.model: provider "${id}" needs models.providers.${id}.baseUrl`,
    ]);
    const { config } = withModel(`${id}/m`, { [id]: { baseUrl: "https://own.example/v1" } }).load({
      env: keys,
    });
    expect(config.models.providers[id]?.baseUrl).toBe("https://own.example/v1");
  },
);

test.each(knownProviders.filter(({ unsupported }) => unsupported !== undefined))(
  "$id is refused with the reason and the way out",
  ({ id, unsupported }) => {
    expect(withModel(`${id}/m`).readIssues({ env: keys })).toEqual([
      `agents.defaults.model: provider "${id}" cannot be used: it ${unsupported}`,
    ]);
  },
);

test("ids and aliases are unique, and every row is a valid provider", () => {
  const names = knownProviders.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { id, api, baseUrl, compat, unsupported } of knownProviders) {
    expect(api === undefined, id).toBe(unsupported !== undefined);
    const provider = { api, baseUrl: baseUrl ?? "https://own.example/v1", compat };
    if (api !== undefined)
      expect(Config.safeParse({ models: { providers: { [id]: provider } } }).success).toBe(true);
  }
});

test("an alias names the same provider", () => {
  const { config } = withModel("x-ai/grok").load({ env: { XAI_API_KEY: "k" } });
  expect(config.models.providers["x-ai"]).toMatchObject({
    api: "openai-responses",
    baseUrl: "https://api.x.ai/v1",
  });
  expect(findKnownProvider("x-ai")?.id).toBe("xai");
});

test("what the file says wins, key by key", () => {
  const { config } = withModel("mistral/m", {
    mistral: { apiKey: "own-key", compat: { maxTokensField: "max_completion_tokens" } },
    openai: { api: "openai-completions" },
  }).load({ env: keys });
  const { mistral, openai } = config.models.providers;
  expect(mistral).toMatchObject({
    baseUrl: "https://api.mistral.ai/v1",
    compat: { maxTokensField: "max_completion_tokens", supportsDeveloperRole: false },
  });
  expect(mistral?.apiKey && reveal(mistral.apiKey)).toBe("own-key");
  expect(openai).toMatchObject({ api: "openai-completions", baseUrl: "https://api.openai.com/v1" });
});

test("an address without an API is one of chat completions, with one line, except Anthropic's and Google's own", () => {
  const { config, warnings } = withModel("anthropic/m", {
    anthropic: { baseUrl: "http://127.0.0.1:4000/v1" },
  }).load({ env: keys });
  expect(config.models.providers["anthropic"]?.api).toBe("openai-completions");
  expect(warnings).toEqual([
    'models.providers.anthropic.api: is "openai-completions", because there is a baseUrl and no api; anthropic itself has "anthropic-messages"',
  ]);
  const same = withModel("anthropic/m", { anthropic: { baseUrl: "https://api.anthropic.com" } });
  expect(same.load({ env: keys }).config.models.providers["anthropic"]?.api).toBe("anthropic-messages");
  const openai = withModel("openai/m", { openai: { baseUrl: "https://api.openai.com/v1" } }).load({
    env: keys,
  });
  expect(openai.config.models.providers["openai"]?.api).toBe("openai-completions");
  expect(openai.warnings).toHaveLength(1);
});

test("a missing key is a warning that names the variable; a local server needs none", () => {
  expect(withModel("groq/m").load().warnings).toEqual([
    'agents.defaults.model: provider "groq" needs a key: set GROQ_API_KEY or models.providers.groq.apiKey',
  ]);
  const model = { primary: "groq/a", fallbacks: ["groq/b"] };
  expect(createConfigFile({ agents: { defaults: { model } } }).load().warnings).toEqual([
    expect.stringMatching(/^agents\.defaults\.model\.primary: provider "groq" needs a key/),
  ]);
  expect(withModel("ollama/m").load().warnings).toEqual([]);
  const ownServer = { groq: { baseUrl: "http://127.0.0.1:1/v1" } };
  expect(withModel("groq/m", ownServer).load().warnings).toEqual([]);
});

test("keys are found in the order of the variables, and an empty variable is none", () => {
  const { config } = withModel("google/m").load({ env: { GEMINI_API_KEY: "", GOOGLE_API_KEY: "second" } });
  const { apiKey } = config.models.providers["google"] ?? {};
  expect(apiKey && reveal(apiKey)).toBe("second");
});

test("a provider whose key is set can be used by its name, without an agent that names it", () => {
  const { config } = createConfigFile({}).load({ env: { OPENROUTER_API_KEY: "k" } });
  expect(Object.keys(config.models.providers)).toEqual(["openrouter"]);
});

test("a misspelt provider is compared with the known ones", () => {
  expect(withModel("anthropc/m").readIssues()).toEqual([
    'agents.defaults.model: no provider "anthropc" (did you mean "anthropic"?); known: "builtin"',
  ]);
});
