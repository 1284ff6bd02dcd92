/** Model providers in the configuration: what each kind of API needs, and what means nothing to it. */
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createModelCatalog } from "../../server/agent/models/catalog.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const provider = (fields: object, model = "a/m"): object => ({
  models: { providers: { a: fields } },
  agents: { defaults: { model } },
});
const issues = (fields: object): readonly string[] => createConfigFile(provider(fields)).readIssues();

test.for([
  { baseUrl: "http://127.0.0.1:1/v1" },
  { baseUrl: "http://127.0.0.1:1/v1", api: "openai-completions", compat: { supportsStrictMode: true } },
  { api: "openai-responses", apiKey: "k" },
  { api: "anthropic-messages", apiKey: "k", headers: { "anthropic-beta": "x" }, timeouts: { silenceMs: 1 } },
  { api: "google-generative-ai", apiKey: "k", models: [{ id: "m", contextWindow: 9, maxTokens: 9 }] },
  {
    api: "anthropic-messages",
    baseUrl: "https://models.example.org/anthropic",
    models: [{ id: "m", api: "anthropic-messages" }],
  },
  { api: "llama", models: [{ id: "m", path: "/models/m.gguf", contextWindow: 2048, gpu: false }] },
])("a provider may be %j", (fields) => {
  expect(createConfigFile(provider(fields)).load().warnings).toEqual([]);
});

test.for<[object, string]>([
  [{}, 'models.providers.a.baseUrl: is required for api "openai-completions"'],
  [
    { api: "anthropic-messages", compat: {} },
    'models.providers.a.compat: is for api "openai-completions" only',
  ],
  [
    { api: "google-generative-ai", models: [{ id: "m", path: "/m.gguf" }] },
    'models.providers.a.models.0.path: is for api "llama" only',
  ],
  [{ api: "llama", models: [{ id: "m" }] }, "models.providers.a.models.0.path: is required: the GGUF file"],
  [
    { api: "llama", apiKey: "k", models: [{ id: "m", path: "/m.gguf" }] },
    'models.providers.a.apiKey: has no effect with api "llama": there is no server',
  ],
  [
    { api: "openai-responses", models: [{ id: "m", api: "openai-completions" }] },
    'models.providers.a.baseUrl: is required for api "openai-completions"',
  ],
  [
    { api: "openai-responses", models: [{ id: "m", api: "llama" }] },
    'models.providers.a.models.0.api: cannot be beside "openai-responses"; add another provider for it',
  ],
  [
    { api: "github-copilot", baseUrl: "http://127.0.0.1:11434" },
    'models.providers.a.api: "github-copilot" is not supported: use "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai" or "llama"',
  ],
])("a provider may not be %j", ([fields, issue]) => {
  expect(issues(fields)).toEqual([issue]);
});

test("a model file has only the ids that the configuration lists", () => {
  const models = { providers: { files: { api: "llama", models: [{ id: "tiny", path: "/m.gguf" }] } } };
  expect(createConfigFile({ models, agents: { defaults: { model: "files/tinny" } } }).readIssues()).toEqual([
    'agents.defaults.model: no files model "tinny" (did you mean "tiny"?); known: "tiny"',
  ]);
});

test("a model file's path is relative to the configuration's folder", () => {
  const { load, file } = createConfigFile(
    provider({ api: "llama", models: [{ id: "m", path: "models/m.gguf" }] }),
  );
  const path = join(dirname(file), "models/m.gguf");
  expect(load().config.models.providers["a"]?.models[0]).toMatchObject({ path });
});

test("the configured properties of a model reach the model", () => {
  const { config } = createConfigFile({
    models: {
      providers: {
        a: { api: "anthropic-messages", models: [{ id: "m", contextWindow: 200_000 }] },
        b: { api: "llama", models: [{ id: "m", path: "/m.gguf" }] },
      },
    },
  }).load();
  const { get } = createModelCatalog(config.models);
  expect(get("a/m")).toMatchObject({ ref: "a/m", contextWindow: 200_000 });
  expect(get("a/other").contextWindow).toBeUndefined();
  expect(get("b/m").contextWindow).toBe(8_192);
  expect(get("builtin/assistant").contextWindow).toBeUndefined();
  expect(() => get("b/other")).toThrow("no model b/other");
});
