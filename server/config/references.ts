/** What the schema cannot see: names that must exist elsewhere in the file, and keys that exclude or need each other. */
import { accessSync, constants } from "node:fs";
import { builtinModelIds } from "../agent/models/builtin/builtin-model.ts";
import { builtinEmbeddingIds } from "../agent/models/embeddings/builtin.ts";
import { nearest } from "../nearest.ts";
import { checkProviders, listedModels } from "./providers.ts";
import { at, isTable, tables, type Path, type Report } from "./tree.ts";

/** Works on the file as written, so that it can say everything even where the schema has complaints too. */
export function checkReferences(tree: unknown, report: Report): void {
  checkGateway(tree, report);
  const agents = checkAgents(tree, report);
  checkAliases(tree, agents, report);
  checkModels(tree, report);
  checkProviders(tree, report);
}

function checkGateway(tree: unknown, report: Report): void {
  if (at(tree, "gateway", "bind") === "custom" && at(tree, "gateway", "customBindHost") === undefined) {
    report(["gateway", "customBindHost"], 'is required with gateway.bind "custom"');
  }
  const tls = at(tree, "gateway", "tls");
  if (!isTable(tls) || tls["enabled"] === false) return;
  for (const key of ["certPath", "keyPath"]) {
    const file = tls[key];
    if (file === undefined) report(["gateway", "tls", key], "is required for TLS");
    else if (typeof file === "string" && !isReadable(file)) {
      report(["gateway", "tls", key], `there is no file ${file} that can be read`);
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

/** The places of all agents, and their ids. */
export function agentPlaces(tree: unknown): readonly { readonly path: Path; readonly id: string }[] {
  const list = tables(at(tree, "agents", "list")).map(([index, agent]) => ({
    path: ["agents", "list", index],
    id: typeof agent["id"] === "string" ? agent["id"] : "",
  }));
  const entries = tables(at(tree, "agents", "entries")).map(([id]) => ({
    path: ["agents", "entries", id],
    id: String(id),
  }));
  return [...list, ...entries];
}

function checkAgents(tree: unknown, report: Report): readonly string[] {
  const agents = at(tree, "agents");
  if (at(agents, "list") !== undefined && at(agents, "entries") !== undefined) {
    report(["agents", "entries"], "cannot stand together with agents.list");
  }
  const seen = new Map<string, Path>();
  let defaultAgent: Path | undefined;
  for (const { path, id } of agentPlaces(tree)) {
    const earlier = seen.get(id.toLowerCase());
    if (earlier !== undefined) {
      report([...path, "id"], `${JSON.stringify(id)} is already the id of ${earlier.join(".")}`);
    } else if (id !== "") {
      seen.set(id.toLowerCase(), path);
    }
    if (at(tree, ...path, "default") !== true) continue;
    if (defaultAgent !== undefined) {
      report([...path, "default"], `${defaultAgent.join(".")} is the default agent already`);
    }
    defaultAgent ??= path;
  }
  return seen.size === 0 ? ["main"] : [...seen.keys()];
}

function checkAliases(tree: unknown, agents: readonly string[], report: Report): void {
  const aliases = at(tree, "gateway", "http", "modelAliases");
  for (const [alias, target] of Object.entries(isTable(aliases) ? aliases : {})) {
    if (typeof target !== "string" || target === "openclaw" || target === "openclaw/default") continue;
    const path = ["gateway", "http", "modelAliases", alias];
    const id = /^(?:openclaw[:/]|agent:)(.+)$/.exec(target)?.[1];
    if (id === undefined) report(path, 'must name an agent: "openclaw" or "openclaw:<agent id>"');
    else if (!agents.includes(id.toLowerCase())) report(path, unknownName("agent", id, agents));
  }
}

function checkModels(tree: unknown, report: Report): void {
  const configured = at(tree, "models", "providers");
  if (at(configured, "builtin") !== undefined) {
    report(["models", "providers", "builtin"], "is the name of the embedded provider; choose another");
  }
  const providers = ["builtin", ...Object.keys(isTable(configured) ? configured : {})];

  function check(ref: unknown, path: Path, builtin = builtinModelIds): void {
    const [, provider, model] = (typeof ref === "string" && /^([^/\s]+)\/(\S+)$/.exec(ref)) || [];
    if (provider === undefined || model === undefined) return;
    const known = provider === "builtin" ? builtin : listedModels(tree, provider);
    if (!providers.includes(provider)) report(path, unknownName("provider", provider, providers));
    else if (known?.includes(model) === false) report(path, unknownName(`${provider} model`, model, known));
  }

  for (const place of [["agents", "defaults"], ...agentPlaces(tree).map((agent) => agent.path)]) {
    const model = at(tree, ...place, "model");
    check(model, [...place, "model"]);
    check(at(model, "primary"), [...place, "model", "primary"]);
    const fallbacks = at(model, "fallbacks");
    if (Array.isArray(fallbacks)) {
      fallbacks.forEach((ref, index) => check(ref, [...place, "model", "fallbacks", index]));
    }
    check(at(tree, ...place, "embeddingModel"), [...place, "embeddingModel"], builtinEmbeddingIds);
    const allowed = at(tree, ...place, "models");
    for (const ref of Object.keys(isTable(allowed) ? allowed : {})) check(ref, [...place, "models", ref]);
  }
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const hint = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
  const all = known.map((one) => JSON.stringify(one)).join(", ");
  return `no ${what} ${JSON.stringify(name.slice(0, 64))}${hint}; known: ${all}`;
}
