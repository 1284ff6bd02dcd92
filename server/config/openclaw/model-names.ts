/** Replaces short names of models by `<provider>/<model>`: an alias, or the id of a model that one provider lists. */
import { getDraft, type Draft } from "../draft.ts";
import { getAt, isPlainObject, listObjects, type Path } from "../tree.ts";

/** @param agents the paths of `agents.defaults` and of every agent */
export function resolveModelNames(tree: unknown, agents: readonly Path[]): void {
  const ids = listUniqueIds(tree);
  const defaults = readAliases(getAt(tree, "agents", "defaults", "models"));
  for (const path of agents) {
    const agent = getDraft(tree, ...path);
    if (agent === undefined) continue;
    const aliases = new Map([...ids, ...defaults, ...readAliases(agent["models"])]);
    const resolve = (name: unknown): unknown =>
      typeof name === "string" ? (aliases.get(name.toLowerCase()) ?? name) : name;
    for (const key of ["model", "embeddingModel"]) agent[key] = resolveChoice(agent[key], resolve);
    const policy = getDraft(agent, "modelPolicy");
    if (policy !== undefined) policy["allow"] = resolveList(policy["allow"], resolve);
    for (const key of ["model", "embeddingModel"]) if (agent[key] === undefined) delete agent[key];
  }
}

function resolveChoice(choice: unknown, resolve: (name: unknown) => unknown): unknown {
  if (!isPlainObject(choice)) return resolve(choice);
  const resolved: Draft = { ...choice };
  if ("primary" in choice) resolved["primary"] = resolve(choice["primary"]);
  if ("fallbacks" in choice) resolved["fallbacks"] = resolveList(choice["fallbacks"], resolve);
  return resolved;
}

function resolveList(list: unknown, resolve: (name: unknown) => unknown): unknown {
  return Array.isArray(list) ? list.map(resolve) : list;
}

function readAliases(models: unknown): readonly (readonly [string, string])[] {
  return listObjects(models).flatMap(([ref, { alias }]) =>
    typeof alias === "string" ? [[alias.toLowerCase(), String(ref)] as const] : [],
  );
}

/** The ids without a slash that exactly one provider lists. */
function listUniqueIds(tree: unknown): readonly (readonly [string, string])[] {
  const refs = listObjects(getAt(tree, "models", "providers")).flatMap(([provider, { models }]) =>
    listObjects(models).flatMap(([, { id }]) =>
      typeof id === "string" && !id.includes("/") ? [[id.toLowerCase(), `${provider}/${id}`] as const] : [],
    ),
  );
  return refs.filter(([id]) => refs.filter(([other]) => other === id).length === 1);
}
