/** Checks what a schema cannot express: references to names in the file, and keys that exclude or require each other. */
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { builtinEmbeddingIds, builtinModelIds } from "../lib/builtin-models.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { findKnownProvider, knownProviders } from "../../contracts/config/known-providers.ts";
import { getDraft, take } from "./draft.ts";
import { checkHooks } from "./hooks.ts";
import { listModelRefs, listShortModelNames, type PlacedModelRef } from "./model-refs.ts";
import { listAgentPaths } from "./agent-paths.ts";
import { checkProviders, listProviderModels } from "./providers.ts";
import { getAt, isPlainObject, type Path, type Report } from "./tree.ts";
import { checkWebhooks } from "./webhooks.ts";

/** Works on the unparsed file, so that it reports its issues together with those of the schema. */
export function checkReferences(tree: unknown, report: Report): void {
  checkGateway(tree, report);
  const agents = checkAgents(tree, report);
  checkAliases(tree, agents, report);
  checkWebhooks(tree, agents, report);
  checkHooks(tree, agents, report);
  checkModels(tree, report);
  checkProviders(tree, report);
}

function checkGateway(tree: unknown, report: Report): void {
  if (getAt(tree, "gateway", "bind") === "custom" && getAt(tree, "gateway", "customBindHost") === undefined) {
    report(["gateway", "customBindHost"], 'is required with gateway.bind "custom"');
  }
  const basePath = getAt(tree, "gateway", "controlUi", "basePath");
  if (Object.values<Endpoint>(endpoints).some(({ path, pathSetting }) => !pathSetting && path === basePath))
    report(["gateway", "controlUi", "basePath"], `is a path of the API: ${JSON.stringify(basePath)}`);
}

function checkAgents(tree: unknown, report: Report): readonly string[] {
  const agents = getAt(tree, "agents");
  if (getAt(agents, "list") !== undefined && getAt(agents, "entries") !== undefined) {
    report(["agents", "entries"], "cannot be combined with agents.list");
  }
  const pathById = new Map<string, Path>();
  let defaultAgent: Path | undefined;
  for (const { path, id } of listAgentPaths(tree)) {
    const existingPath = pathById.get(id.toLowerCase());
    if (existingPath !== undefined) {
      report([...path, "id"], `${JSON.stringify(id)} is already used by ${existingPath.join(".")}`);
    } else if (id !== "") {
      pathById.set(id.toLowerCase(), path);
    }
    if (getAt(tree, ...path, "default") !== true) continue;
    if (defaultAgent !== undefined) {
      report([...path, "default"], `${defaultAgent.join(".")} is already the default agent`);
    }
    defaultAgent ??= path;
  }
  return pathById.size === 0 ? ["main"] : [...pathById.keys()];
}

function checkAliases(tree: unknown, agents: readonly string[], report: Report): void {
  const aliases = getAt(tree, "gateway", "http", "modelAliases");
  for (const [alias, agentRef] of Object.entries(isPlainObject(aliases) ? aliases : {})) {
    if (typeof agentRef !== "string" || agentRef === "openclaw" || agentRef === "openclaw/default") continue;
    const path = ["gateway", "http", "modelAliases", alias];
    const id = /^(?:openclaw[:/]|agent:)(.+)$/.exec(agentRef)?.[1];
    if (id === undefined) report(path, 'must name an agent: "openclaw" or "openclaw:<agent id>"');
    else if (!agents.includes(id.toLowerCase())) report(path, formatUnknownName("agent", id, agents));
  }
}

function checkModels(tree: unknown, report: Report): void {
  const configured = getAt(tree, "models", "providers");
  if (getAt(configured, "builtin") !== undefined) {
    report(["models", "providers", "builtin"], "is the name of the embedded provider; choose another");
  }
  for (const ref of listModelRefs(tree)) {
    const problem = findModelProblem(tree, ref);
    if (problem !== undefined) report(ref.path, problem);
  }
  for (const { path, name } of listShortModelNames(tree)) {
    report(
      path,
      `must be "<provider>/<model>", for instance "builtin/assistant", or an alias; there is no alias ${JSON.stringify(name.slice(0, 64))}`,
    );
  }
}

/** Drops models that callers could select and whose provider nobody knows: agents can do less without them, not more. */
export function removeUnknownModels(tree: unknown, warn: Report): void {
  for (const ref of listModelRefs(tree)) {
    const [list, key] = ref.path.slice(-2);
    const parent = getDraft(tree, ...ref.path.slice(0, -1));
    const problem = list === "models" && parent !== undefined ? findModelProblem(tree, ref) : undefined;
    if (problem === undefined) continue;
    warn(ref.path, `has no effect: ${problem}`);
    take(parent, String(key));
  }
}

function findModelProblem(
  tree: unknown,
  { provider, model, isEmbedding }: PlacedModelRef,
): string | undefined {
  const configured = getAt(tree, "models", "providers");
  const providers = ["builtin", ...Object.keys(isPlainObject(configured) ? configured : {})];
  const ownIds = isEmbedding ? builtinEmbeddingIds : builtinModelIds;
  const models = provider === "builtin" ? ownIds : listProviderModels(tree, provider);
  if (providers.includes(provider)) {
    return models === undefined || model === "*" || models.includes(model)
      ? undefined
      : formatUnknownName(`${provider} model`, model, models);
  }
  const known = findKnownProvider(provider);
  if (known?.unsupported !== undefined)
    return `provider "${provider}" cannot be used: it ${known.unsupported}`;
  if (known !== undefined) return `provider "${provider}" needs models.providers.${provider}.baseUrl`;
  return formatUnknownName("provider", provider, providers, [
    ...providers,
    ...knownProviders.map(({ id }) => id),
  ]);
}

function formatUnknownName(
  what: string,
  name: string,
  known: readonly string[],
  candidates: readonly string[] = known,
): string {
  const suggestion = suggest(name, candidates);
  const hint = suggestion === undefined ? "" : ` (did you mean ${JSON.stringify(suggestion)}?)`;
  const all = known.map((knownName) => JSON.stringify(knownName)).join(", ");
  return `no ${what} ${JSON.stringify(name.slice(0, 64))}${hint}; known: ${all}`;
}
