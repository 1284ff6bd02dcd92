/** The configured embedding models by reference, `<provider>/<id>`, and the one of each agent. */
import type { Config } from "../../../../contracts/config/config.ts";
import { builtinEmbeddingIds } from "../../../lib/builtin-models.ts";
import { revealCredentials } from "../credentials.ts";
import { builtinEmbedder } from "./builtin-embedder.ts";
import type { Embedder } from "./embedder.ts";
import { createOpenaiEmbeddings } from "./openai-embeddings.ts";

export interface Embedders {
  /** Undefined if the provider is not configured or has no embeddings API. */
  readonly get: (ref: string) => Embedder | undefined;
  /** The reference in the agent's configuration, or the default one. */
  readonly getModelRef: (agentId: string) => string;
}

type Provider = Config["models"]["providers"][string];

/** Used for providers without a `baseUrl`. */
const openaiBaseUrl = "https://api.openai.com/v1";

export function createEmbedders({
  models,
  agents: { defaults, list },
}: Pick<Config, "models" | "agents">): Embedders {
  const factories = new Map<string, (id: string) => Embedder | undefined>([
    ["builtin", (id) => (builtinEmbeddingIds.includes(id) ? builtinEmbedder : undefined)],
  ]);
  for (const [name, provider] of Object.entries(models.providers)) {
    const factory = createFactory(name, provider);
    if (factory !== undefined) factories.set(name, factory);
  }
  const modelRefs = new Map(list.map(({ id, embeddingModel }) => [id.toLowerCase(), embeddingModel]));
  return {
    get(ref) {
      const slash = ref.indexOf("/");
      return factories.get(ref.slice(0, slash))?.(ref.slice(slash + 1));
    },
    getModelRef: (agentId) => modelRefs.get(agentId) ?? defaults.embeddingModel,
  };
}

function createFactory(name: string, provider: Provider): ((id: string) => Embedder) | undefined {
  const { api, timeouts } = provider;
  if (api !== "openai-completions" && api !== "openai-responses") return undefined;
  return createOpenaiEmbeddings({
    name,
    baseUrl: provider.baseUrl ?? openaiBaseUrl,
    ...revealCredentials(provider),
    ...timeouts,
  });
}
