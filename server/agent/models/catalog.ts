/** Models by reference: `<provider>/<id>`, split at the first slash. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";
import type { Model, NamedModel } from "../types.ts";
import { anthropicMessages } from "./ai-sdk/anthropic-messages.ts";
import { googleGenerativeAi } from "./ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "./ai-sdk/openai-responses.ts";
import { aiSdkProvider } from "./ai-sdk/provider.ts";
import { builtinModel } from "./builtin/builtin-model.ts";
import { defaultContextWindow } from "./llama/model-file.ts";
import { llamaModels } from "./llama/provider.ts";
import { defaultCompat } from "./openai-completions/compat.ts";
import { openaiCompletions } from "./openai-completions/provider.ts";

export interface ModelCatalog {
  /** The configuration has been checked: an unknown reference is a fault of the program. */
  readonly get: (ref: string) => NamedModel;
}

type Provider = Config["models"]["providers"][string];
/** A provider's models by its own names. */
type Family = (id: string) => Pick<NamedModel, "call" | "contextWindow"> | undefined;

const aiSdkApis = {
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generative-ai": googleGenerativeAi,
} as const;

export function createModelCatalog({ providers }: Config["models"]): ModelCatalog {
  const families = new Map<string, Family>([["builtin", (id) => asFound(builtinModel(id))]]);
  for (const [name, provider] of Object.entries(providers)) families.set(name, familyOf(provider));
  return {
    get: (ref) => {
      const slash = ref.indexOf("/");
      const model = families.get(ref.slice(0, slash))?.(ref.slice(slash + 1));
      if (model === undefined) throw new Error(`no model ${ref}`);
      return { ref, ...model };
    },
  };
}

function familyOf(provider: Provider): Family {
  const open = opened(provider);
  const described = new Map(provider.models.map((model) => [model.id, model]));
  const assumedWindow = provider.api === "llama" ? defaultContextWindow : undefined;
  return (id) => {
    const { maxTokens, contextWindow = assumedWindow } = described.get(id) ?? {};
    const call = open(id);
    return call && { call: withLimit(call, maxTokens), contextWindow };
  };
}

function opened(provider: Provider): (id: string) => Model | undefined {
  const { api, baseUrl, apiKey, headers, compat, timeouts, models } = provider;
  if (api === "llama") {
    return llamaModels(
      models.map(({ id, path = "", contextWindow, gpu }) => ({ id, path, contextWindow, gpu })),
    );
  }
  const settings = {
    baseUrl,
    apiKey: apiKey && reveal(apiKey),
    headers: Object.fromEntries(Object.entries(headers).map(([key, text]) => [key, reveal(text)])),
    ...timeouts,
  };
  if (api !== "openai-completions") return aiSdkProvider(aiSdkApis[api], settings);
  if (baseUrl === undefined) throw new Error("openai-completions without a baseUrl");
  return openaiCompletions({ ...settings, baseUrl, compat: { ...defaultCompat(baseUrl), ...compat } });
}

const asFound = (call: Model | undefined): ReturnType<Family> => call && { call };

/** Holds answers to `maxTokens` where the request sets no limit of its own. */
function withLimit(model: Model, maxTokens: number | undefined): Model {
  if (maxTokens === undefined) return model;
  return (call, signal) => model({ ...call, maxOutputTokens: call.maxOutputTokens ?? maxTokens }, signal);
}
