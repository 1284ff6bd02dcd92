/** Checks what a schema cannot express: references to names in the file, and keys that exclude or require each other. */
import { accessSync, constants } from "node:fs";
import { builtinEmbeddingIds, builtinModelIds } from "../lib/builtin-models.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { checkProviders, listProviderModels } from "./providers.ts";
import { getAt, isPlainObject, listObjects, type Path, type Report } from "./tree.ts";

/** Works on the unparsed file, so that it reports its issues together with those of the schema. */
export function checkReferences(tree: unknown, report: Report): void {
  checkGateway(tree, report);
  const agents = checkAgents(tree, report);
  checkAliases(tree, agents, report);
  checkModels(tree, report);
  checkProviders(tree, report);
}

function checkGateway(tree: unknown, report: Report): void {
  if (getAt(tree, "gateway", "bind") === "custom" && getAt(tree, "gateway", "customBindHost") === undefined) {
    report(["gateway", "customBindHost"], 'is required with gateway.bind "custom"');
  }
  const tls = getAt(tree, "gateway", "tls");
  if (!isPlainObject(tls) || tls["enabled"] === false) return;
  for (const key of ["certPath", "keyPath"]) {
    const file = tls[key];
    if (file === undefined) report(["gateway", "tls", key], "is required for TLS");
    else if (typeof file === "string" && !isReadable(file)) {
      report(["gateway", "tls", key], `the file ${file} cannot be read`);
    }
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns the path and id of every agent. */
export function listAgentPaths(tree: unknown): readonly { readonly path: Path; readonly id: string }[] {
  const list = listObjects(getAt(tree, "agents", "list")).map(([index, agent]) => ({
    path: ["agents", "list", index],
    id: typeof agent["id"] === "string" ? agent["id"] : "",
  }));
  const entries = listObjects(getAt(tree, "agents", "entries")).map(([id]) => ({
    path: ["agents", "entries", id],
    id: String(id),
  }));
  return [...list, ...entries];
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
  const providers = ["builtin", ...Object.keys(isPlainObject(configured) ? configured : {})];

  function check(ref: unknown, path: Path, builtin = builtinModelIds): void {
    const [, provider, model] = (typeof ref === "string" && /^([^/\s]+)\/(\S+)$/.exec(ref)) || [];
    if (provider === undefined || model === undefined) return;
    const known = provider === "builtin" ? builtin : listProviderModels(tree, provider);
    if (!providers.includes(provider)) report(path, formatUnknownName("provider", provider, providers));
    else if (known?.includes(model) === false)
      report(path, formatUnknownName(`${provider} model`, model, known));
  }

  for (const agentPath of [["agents", "defaults"], ...listAgentPaths(tree).map((agent) => agent.path)]) {
    const model = getAt(tree, ...agentPath, "model");
    check(model, [...agentPath, "model"]);
    check(getAt(model, "primary"), [...agentPath, "model", "primary"]);
    const fallbacks = getAt(model, "fallbacks");
    if (Array.isArray(fallbacks)) {
      fallbacks.forEach((ref, index) => check(ref, [...agentPath, "model", "fallbacks", index]));
    }
    check(getAt(tree, ...agentPath, "embeddingModel"), [...agentPath, "embeddingModel"], builtinEmbeddingIds);
    const allowedModels = getAt(tree, ...agentPath, "models");
    for (const ref of Object.keys(isPlainObject(allowedModels) ? allowedModels : {}))
      check(ref, [...agentPath, "models", ref]);
  }
}

function formatUnknownName(what: string, name: string, known: readonly string[]): string {
  const suggestion = suggest(name, known);
  const hint = suggestion === undefined ? "" : ` (did you mean ${JSON.stringify(suggestion)}?)`;
  const all = known.map((knownName) => JSON.stringify(knownName)).join(", ");
  return `no ${what} ${JSON.stringify(name.slice(0, 64))}${hint}; known: ${all}`;
}
