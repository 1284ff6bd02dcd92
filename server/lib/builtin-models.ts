/** The models of the embedded provider `builtin`: the configuration checks references to them, the agent runs them. */

export const builtinModelIds: readonly string[] = ["assistant"];

export const builtinEmbeddingIds: readonly string[] = ["embedding"];
