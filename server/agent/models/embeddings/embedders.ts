/** Embedding models by reference: `<provider>/<id>`; and which of them an agent uses. */
import type { Config } from "../../../../contracts/config/config.ts";
import { reveal } from "../../../../contracts/config/secret.ts";
import { builtinEmbedder, builtinEmbeddingIds } from "./builtin.ts";
import type { Embedder } from "./embedder.ts";
import { openaiEmbeddings } from "./openai-embeddings.ts";

export interface Embedders {
  /** Undefined for a model whose provider makes no embeddings, or is not there. */
  readonly get: (ref: string) => Embedder | undefined;
  /** The reference that an agent is configured with. */
  readonly refOf: (agentId: string) => string;
}

type Provider = Config["models"]["providers"][string];

/** Where OpenAI is, for those that name no other place. */
const openaiUrl = "https://api.openai.com/v1";

export function createEmbedders({
  models,
  agents: { defaults, list },
}: Pick<Config, "models" | "agents">): Embedders {
  const families = new Map<string, (id: string) => Embedder | undefined>([
    ["builtin", (id) => (builtinEmbeddingIds.includes(id) ? builtinEmbedder : undefined)],
  ]);
  for (const [name, provider] of Object.entries(models.providers)) {
    const family = familyOf(provider);
    if (family !== undefined) families.set(name, family);
  }
  const chosen = new Map(list.map(({ id, embeddingModel }) => [id.toLowerCase(), embeddingModel]));
  return {
    get(ref) {
      const slash = ref.indexOf("/");
      return families.get(ref.slice(0, slash))?.(ref.slice(slash + 1));
    },
    refOf: (agentId) => chosen.get(agentId) ?? defaults.embeddingModel,
  };
}

function familyOf(provider: Provider): ((id: string) => Embedder) | undefined {
  const { api, apiKey, headers, timeouts } = provider;
  if (api !== "openai-completions" && api !== "openai-responses") return undefined;
  return openaiEmbeddings({
    baseUrl: provider.baseUrl ?? openaiUrl,
    apiKey: apiKey && reveal(apiKey),
    headers: Object.fromEntries(Object.entries(headers).map(([key, text]) => [key, reveal(text)])),
    ...timeouts,
  });
}
