/** Models by reference: `<provider>/<id>`, split at the first slash. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";
import type { Model, NamedModel } from "../types.ts";
import { builtinModel } from "./builtin/builtin-model.ts";
import { defaultCompat } from "./openai-completions/compat.ts";
import { openaiCompletions } from "./openai-completions/provider.ts";

export interface ModelCatalog {
  /** The configuration has been checked: an unknown reference is a fault of the program. */
  readonly get: (ref: string) => NamedModel;
}

export function createModelCatalog({ providers }: Config["models"]): ModelCatalog {
  const families = new Map<string, (id: string) => Model | undefined>([["builtin", builtinModel]]);
  for (const [name, provider] of Object.entries(providers)) {
    const open = openaiCompletions({
      baseUrl: provider.baseUrl,
      apiKey: provider.apiKey && reveal(provider.apiKey),
      headers: Object.fromEntries(Object.entries(provider.headers).map(([key, text]) => [key, reveal(text)])),
      compat: { ...defaultCompat(provider.baseUrl), ...provider.compat },
      ...provider.timeouts,
    });
    const limits = new Map(provider.models.map(({ id, maxTokens }) => [id, maxTokens]));
    families.set(name, (id) => withLimit(open(id), limits.get(id)));
  }
  return {
    get: (ref) => {
      const slash = ref.indexOf("/");
      const call = families.get(ref.slice(0, slash))?.(ref.slice(slash + 1));
      if (call === undefined) throw new Error(`no model ${ref}`);
      return { ref, call };
    },
  };
}

/** Holds answers to `maxTokens` where the request sets no limit of its own. */
function withLimit(model: Model, maxTokens: number | undefined): Model {
  if (maxTokens === undefined) return model;
  return (call, signal) => model({ ...call, maxOutputTokens: call.maxOutputTokens ?? maxTokens }, signal);
}
