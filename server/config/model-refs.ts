/** Lists the models that the agents of an unparsed configuration name. */
import { listAgentPaths } from "./agent-paths.ts";
import { getAt, isPlainObject, type Path } from "./tree.ts";

export interface PlacedModelRef {
  readonly path: Path;
  readonly provider: string;
  readonly model: string;
  /** Whether it is a model for embeddings. */
  readonly isEmbedding: boolean;
}

/** Every model that an agent names. */
interface PlacedName {
  readonly path: Path;
  readonly name: string;
  readonly isEmbedding: boolean;
}

export function listModelRefs(tree: unknown): readonly PlacedModelRef[] {
  return listNames(tree).flatMap(({ path, name, isEmbedding }) => {
    const [, provider, model] = /^([^/\s]+)\/(\S+)$/.exec(name) ?? [];
    return provider === undefined || model === undefined ? [] : [{ path, provider, model, isEmbedding }];
  });
}

/** Names that are not `<provider>/<model>`. */
export function listShortModelNames(tree: unknown): readonly PlacedName[] {
  return listNames(tree).filter(({ name }) => !/^[^/\s]+\/\S+$/.test(name));
}

function listNames(tree: unknown): readonly PlacedName[] {
  const names: PlacedName[] = [];
  const add = (name: unknown, path: Path, isEmbedding = false): void => {
    if (typeof name === "string") names.push({ path, name, isEmbedding });
  };
  const addList = (list: unknown, path: Path): void => {
    if (Array.isArray(list)) list.forEach((name, index) => add(name, [...path, index]));
  };
  for (const agentPath of [["agents", "defaults"], ...listAgentPaths(tree).map(({ path }) => path)]) {
    const at = (...keys: readonly string[]): unknown => getAt(tree, ...agentPath, ...keys);
    add(at("model"), [...agentPath, "model"]);
    add(at("model", "primary"), [...agentPath, "model", "primary"]);
    addList(at("model", "fallbacks"), [...agentPath, "model", "fallbacks"]);
    add(at("embeddingModel"), [...agentPath, "embeddingModel"], true);
    const models = at("models");
    for (const name of Object.keys(isPlainObject(models) ? models : {}))
      add(name, [...agentPath, "models", name]);
    addList(at("modelPolicy", "allow"), [...agentPath, "modelPolicy", "allow"]);
  }
  return names;
}
