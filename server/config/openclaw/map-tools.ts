/** `tools` of OpenClaw, for all agents and for each: settings that mean the same as a list of tools, and older names. */
import { append, getDraft, take, type Draft } from "../draft.ts";
import { listAgentPaths } from "../agent-paths.ts";
import { isPlainObject, type Path } from "../tree.ts";
import type { MappingReports } from "./map-keys.ts";

const defaultFetchChars = 50_000;

export function mapTools(tree: unknown, { report }: Pick<MappingReports, "report">): void {
  const paths: readonly Path[] = [["tools"], ...listAgentPaths(tree).map(({ path }) => [...path, "tools"])];
  for (const path of paths) {
    const tools = getDraft(tree, ...path);
    if (tools === undefined) continue;
    mapExec(tools);
    mapWebFetch(tools);
    const senders = tools["toolsBySender"];
    // Any other sender is refused as an unsupported key.
    if (isPlainObject(senders) && Object.keys(senders).join() === "*") {
      take(tools, "toolsBySender");
      if (!mergeRules(tools, senders["*"]))
        report([...path, "toolsBySender", "*"], "cannot be combined with the lists beside it; merge them");
    }
  }
}

function mapExec(tools: Draft): void {
  const exec = getDraft(tools, "exec");
  if (exec === undefined) return;
  if (exec["security"] === "deny" || exec["mode"] === "deny") {
    append(tools, "deny", ["exec", "process"]);
    // Where no command runs, none is asked about.
    for (const key of ["security", "mode", "ask", "strictInlineEval", "host"]) take(exec, key);
  }
  const applyPatch = getDraft(exec, "applyPatch");
  if (applyPatch?.["enabled"] === false) append(tools, "deny", ["apply_patch"]);
  const timeout = take(exec, "timeoutSec");
  if (timeout !== undefined) exec["timeoutSeconds"] ??= timeout;
}

function mapWebFetch(tools: Draft): void {
  const fetch = getDraft(tools, "web", "fetch");
  if (fetch === undefined) return;
  if (fetch["enabled"] === false) append(tools, "deny", ["web_fetch"]);
  const cap = take(fetch, "maxCharsCap");
  const maxChars = fetch["maxChars"] ?? defaultFetchChars;
  if (typeof cap === "number" && typeof maxChars === "number") fetch["maxChars"] = Math.min(cap, maxChars);
  const maxBytes = take(fetch, "maxResponseBytes");
  if (maxBytes !== undefined) fetch["maxBytes"] ??= maxBytes;
}

/** Adds rules for every sender to the rules of the tools. False if two lists would have to be one. */
function mergeRules(tools: Draft, rules: unknown): boolean {
  if (!isPlainObject(rules)) return false;
  const { deny, ...allowing } = rules;
  if (Object.keys(allowing).some((key) => tools[key] !== undefined)) return false;
  if (Array.isArray(deny)) append(tools, "deny", deny);
  Object.assign(tools, allowing);
  return true;
}
