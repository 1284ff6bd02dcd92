/** The configured models by reference: `<provider>/<id>`, split at the first slash. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";
import { isSameConfig } from "../../lib/compare-config.ts";
import type { Model, ModelStream, NamedModel } from "../types.ts";
import { anthropicMessages } from "./ai-sdk/anthropic-messages.ts";
import { googleGenerativeAi } from "./ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "./ai-sdk/openai-responses.ts";
import { createAiSdkProvider } from "./ai-sdk/provider.ts";
import { getBuiltinModel } from "./builtin/builtin-model.ts";
import { defaultContextWindow } from "./llama/model-file.ts";
import { createLlamaModels } from "./llama/provider.ts";
import { toModel } from "./model-stream.ts";
import { withMaxTokens } from "./model-middleware.ts";
import { getDefaultCompat } from "./openai-completions/compat.ts";
import { createOpenaiCompletions } from "./openai-completions/provider.ts";

export interface ModelCatalog {
  /** A catalogue of other providers. Providers with the same settings stay as they are, with their loaded models. */
  readonly replace?: (models: Config["models"]) => ModelCatalog;
  /** Throws for an unknown reference: the configuration is validated, so that is a bug. */
  readonly get: (ref: string) => NamedModel;
  /** Undefined for a reference whose provider is not configured. */
  readonly find: (ref: string) => NamedModel | undefined;
}

type Provider = Config["models"]["providers"][string];
/** Makes a model from the id that its provider gives it. */
type ModelFactory = (id: string) => Pick<NamedModel, "call" | "contextWindow"> | undefined;

const aiSdkApis = {
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generative-ai": googleGenerativeAi,
} as const;

export function createModelCatalog({ providers }: Config["models"]): ModelCatalog {
  return createCatalog(
    new Map(Object.entries(providers).map(([name, provider]) => [name, createConfiguredProvider(provider)])),
  );
}

interface ConfiguredProvider {
  readonly settings: Provider;
  readonly createModel: ModelFactory;
}

const createConfiguredProvider = (settings: Provider): ConfiguredProvider => ({
  settings,
  createModel: createModelFactory(settings),
});

function createCatalog(configured: ReadonlyMap<string, ConfiguredProvider>): ModelCatalog {
  const factories = new Map<string, ModelFactory>([
    ["builtin", (id) => toFactoryResult(toOptionalModel(getBuiltinModel(id)))],
    ...[...configured].map(([name, { createModel }]) => [name, createModel] as const),
  ]);
  const find = (ref: string): NamedModel | undefined => {
    const slash = ref.indexOf("/");
    const id = ref.slice(slash + 1);
    const model = id === "" ? undefined : factories.get(ref.slice(0, slash))?.(id);
    return model && { ref, ...model };
  };
  return {
    replace: ({ providers }) =>
      createCatalog(
        new Map(
          Object.entries(providers).map(([name, settings]) => {
            const existing = configured.get(name);
            const isSame = existing !== undefined && isSameConfig(existing.settings, settings);
            return [name, isSame ? existing : createConfiguredProvider(settings)];
          }),
        ),
      ),
    find,
    get: (ref) => {
      const model = find(ref);
      if (model === undefined) throw new Error(`no model ${ref}`);
      return model;
    },
  };
}

function createModelFactory(provider: Provider): ModelFactory {
  const getModel = createProvider(provider);
  const modelConfigs = new Map(provider.models.map((model) => [model.id, model]));
  const defaultWindow = provider.api === "llama" ? defaultContextWindow : undefined;
  return (id) => {
    const { maxTokens, contextWindow = defaultWindow } = modelConfigs.get(id) ?? {};
    const call = getModel(id);
    return call && { call: withMaxTokens(call, maxTokens), contextWindow };
  };
}

function createProvider(provider: Provider): (id: string) => Model | undefined {
  const { api, baseUrl, apiKey, headers, compat, timeouts, models } = provider;
  if (api === "llama") {
    const getModel = createLlamaModels(
      models.map(({ id, path = "", contextWindow, gpu }) => ({ id, path, contextWindow, gpu })),
    );
    return (id) => toOptionalModel(getModel(id));
  }
  const settings = {
    baseUrl,
    apiKey: apiKey && reveal(apiKey),
    headers: Object.fromEntries(Object.entries(headers).map(([key, text]) => [key, reveal(text)])),
    ...timeouts,
  };
  if (api !== "openai-completions") {
    const getModel = createAiSdkProvider(aiSdkApis[api], settings);
    return (id) => toModel(getModel(id));
  }
  if (baseUrl === undefined) throw new Error("openai-completions without a baseUrl");
  return createOpenaiCompletions({
    ...settings,
    baseUrl,
    compat: { ...getDefaultCompat(baseUrl), ...compat },
  });
}

const toOptionalModel = (stream: ModelStream | undefined): Model | undefined => stream && toModel(stream);

const toFactoryResult = (call: Model | undefined): ReturnType<ModelFactory> => call && { call };
