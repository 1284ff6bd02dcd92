/** Makes the models of one configured provider, as its settings and those of each model say. */
import type { Config } from "../../../contracts/config/config.ts";
import { ThinkingLevel } from "../../../contracts/config/fields.ts";
import { describeMissingKey } from "../../../contracts/config/known-providers.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Model, NamedModel } from "../types.ts";
import { anthropicMessages } from "./ai-sdk/anthropic-messages.ts";
import { googleGenerativeAi } from "./ai-sdk/google-generative-ai.ts";
import { openaiResponses } from "./ai-sdk/openai-responses.ts";
import { createAiSdkProvider } from "./ai-sdk/provider.ts";
import { revealCredentials } from "./credentials.ts";
import { withInputTypes } from "./input-types.ts";
import { thinkingLevels } from "./llama/generate.ts";
import { defaultContextWindow } from "./llama/model-file.ts";
import { createLlamaModels } from "./llama/provider.ts";
import { toModel } from "./model-stream.ts";
import { withMaxTokens } from "./model-middleware.ts";
import { getDefaultCompat } from "./openai-completions/compat.ts";
import { createOpenaiCompletions } from "./openai-completions/provider.ts";

type Provider = Config["models"]["providers"][string];
type ProviderModel = Provider["models"][number];
/** Makes a model from the id that its provider gives it. */
export type ModelFactory = (id: string) => Omit<NamedModel, "ref"> | undefined;

const aiSdkApis = {
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  "google-generative-ai": googleGenerativeAi,
} as const;

export function createModelFactory(name: string, provider: Provider): ModelFactory {
  const missingKey = describeMissingKey(name, provider);
  if (missingKey !== undefined) return () => ({ call: createFailingModel(missingKey) });
  const getModel = createProvider(name, provider);
  const models = new Map(
    provider.models.map((model) => [
      model.id,
      {
        ...model,
        call: isOwnServer(model, provider) ? createProvider(name, mergeModel(provider, model)) : getModel,
      },
    ]),
  );
  const defaultWindow = provider.api === "llama" ? defaultContextWindow : undefined;
  return (id) => {
    const model: Partial<ProviderModel> = models.get(id) ?? {};
    const providerModel = (models.get(id)?.call ?? getModel)(id);
    return (
      providerModel && {
        ...providerModel,
        call: withInputTypes(
          withMaxTokens(providerModel.call, model.maxTokens ?? provider.maxTokens),
          model.input,
        ),
        contextWindow: minimum(model.contextWindow ?? defaultWindow, model.contextTokens),
        ...(model.cost !== undefined && { cost: model.cost }),
      }
    );
  };
}

/** A key is read when a call needs it, so that a gateway starts while one of its providers has none. */
const createFailingModel =
  (message: string): Model =>
  (_call, sink) => {
    sink.emit({ type: "error", error: new GatewayError("upstream_auth", `${message}.`) });
    return Promise.resolve();
  };

/** Whether calls of the model differ from those of the provider's other models. */
const isOwnServer = ({ api, baseUrl, compat }: ProviderModel, provider: Provider): boolean =>
  (api ?? provider.api) !== provider.api || baseUrl !== undefined || compat !== undefined;

function mergeModel(provider: Provider, { api, baseUrl, compat }: ProviderModel): Provider {
  return {
    ...provider,
    api: api ?? provider.api,
    baseUrl: baseUrl ?? provider.baseUrl,
    compat: { ...provider.compat, ...compat },
  };
}

function minimum(...limits: readonly (number | undefined)[]): number | undefined {
  const set = limits.filter((limit) => limit !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

type ProviderApiModel = Pick<NamedModel, "call" | "countTokens" | "thinkingLevels">;

function createProvider(name: string, provider: Provider): (id: string) => ProviderApiModel | undefined {
  const { api, baseUrl, compat, timeouts, models } = provider;
  if (api === "llama") {
    const getModel = createLlamaModels(
      models.map(({ id, path = "", contextWindow, gpu }) => ({ id, path, contextWindow, gpu })),
    );
    return (id) => {
      const stream = getModel(id);
      return stream && { call: toModel(stream), thinkingLevels };
    };
  }
  const settings = { name, baseUrl, ...revealCredentials(provider), ...timeouts };
  if (api !== "openai-completions") {
    const getModel = createAiSdkProvider(aiSdkApis[api], {
      ...settings,
      supportsCustomTools: compat.supportsCustomTools,
    });
    return (id) => {
      const { stream, countTokens } = getModel(id);
      return {
        call: toModel(stream),
        ...(countTokens !== undefined && { countTokens }),
        // The package replaces a level that the model lacks by the nearest one.
        thinkingLevels: ThinkingLevel.options,
      };
    };
  }
  if (baseUrl === undefined) throw new Error("openai-completions without a baseUrl");
  const serverCompat = { ...getDefaultCompat(baseUrl), ...compat };
  const getModel = createOpenaiCompletions({ ...settings, baseUrl, compat: serverCompat });
  // OpenAI counts for either of its APIs.
  const getCounter = createAiSdkProvider(openaiResponses, settings);
  return (id) => {
    const { countTokens } = getCounter(id);
    return {
      call: getModel(id),
      ...(countTokens !== undefined && { countTokens }),
      ...(serverCompat.supportsReasoningEffort && { thinkingLevels: ThinkingLevel.options }),
    };
  };
}
