/** The models that callers may select instead of an agent's own: by reference, by alias, and by `<provider>/*`. */
import type { Config } from "../../contracts/config/config.ts";
import type { ModelCatalog } from "./models/catalog.ts";
import type { NamedModel } from "./types.ts";

export interface OfferedModels {
  /** Those with a name of their own. */
  readonly list: readonly NamedModel[];
  /** Patterns such as `vllm/*`. */
  readonly patterns: readonly string[];
  /** False if even the operator may select no other model. */
  readonly isOpenToOperator: boolean;
  /** Finds an offered model by its reference or alias. */
  readonly find: (name: string) => NamedModel | undefined;
}

type AgentSettings = Pick<Config["agents"]["list"][number], "models" | "modelPolicy">;

export function createOfferedModels(
  settings: AgentSettings,
  { get, find }: Pick<ModelCatalog, "get" | "find">,
): OfferedModels {
  const models = settings.models ?? {};
  const policy = settings.modelPolicy?.allow ?? [];
  const refs = [...new Set([...Object.keys(models), ...policy])];
  const patterns = refs.filter((ref) => ref.endsWith("/*"));
  const list = refs.filter((ref) => !ref.endsWith("/*")).map(get);
  const aliases = new Map(
    Object.entries(models).flatMap(([ref, { alias }]) =>
      alias === undefined ? [] : [[alias.toLowerCase(), ref] as const],
    ),
  );
  return {
    list,
    patterns,
    isOpenToOperator: policy.length === 0,
    find(name) {
      const ref = aliases.get(name.toLowerCase()) ?? name;
      const named = list.find((model) => model.ref === ref);
      if (named !== undefined) return named;
      return patterns.some((pattern) => ref.startsWith(pattern.slice(0, -1))) ? find(ref) : undefined;
    },
  };
}
