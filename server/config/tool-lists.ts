/** Checks the lists of tools. A contradiction is an error; an entry without effect, such as a typo, is a warning. */
import { isKnownEntry, policyEntryNames } from "../lib/tool-names.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { listAgentPaths } from "./references.ts";
import { getAt, isPlainObject, listObjects, type Path, type Report, type PlainObject } from "./tree.ts";

/** OpenClaw's tools that this gateway lacks. Denying them is harmless, so it gives no warning. */
const openClawTools = new Set(
  (
    "agents_list browser canvas cron gateway image image_generate memory_get memory_search message nodes " +
    "sessions_send sessions_spawn subagents tts web_search group:agents group:automation group:media " +
    "group:memory group:messaging group:nodes group:ui"
  ).split(" "),
);

export function checkToolLists(tree: unknown, report: Report, warn: Report): void {
  const mcpServers = getAt(tree, "tools", "mcpServers");
  const servers = isPlainObject(mcpServers) ? Object.keys(mcpServers) : [];

  function checkNames(path: Path, list: "allow" | "deny"): void {
    const names = getAt(tree, ...path);
    if (!Array.isArray(names)) return;
    for (const [index, name] of names.entries()) {
      if (typeof name !== "string" || isKnownEntry(name, servers)) continue;
      if (list === "deny" && openClawTools.has(name.toLowerCase())) continue;
      const suggestion = suggest(name, policyEntryNames);
      const hint = suggestion === undefined ? "" : ` (did you mean ${JSON.stringify(suggestion)}?)`;
      warn([...path, index], `has no effect: there is no tool ${JSON.stringify(name)}${hint}`);
    }
  }

  const policyPaths: readonly Path[] = [
    ["tools"],
    ...listAgentPaths(tree).map((agent) => [...agent.path, "tools"]),
  ];
  const rulePaths = policyPaths.flatMap((path) => [
    path,
    ...listObjects(getAt(tree, ...path, "byProvider")).map(([name]) => [...path, "byProvider", name]),
  ]);
  for (const path of rulePaths) {
    const { allow, alsoAllow, profile } = getObjectAt(tree, path);
    if (allow !== undefined && alsoAllow !== undefined) {
      report([...path, "alsoAllow"], "cannot be combined with allow");
    }
    if (Array.isArray(allow) && allow.length === 0) warn([...path, "allow"], "is empty: it allows no tool");
    // The profile of `tools` has a default.
    if (alsoAllow !== undefined && profile === undefined && path.length > 1) {
      warn([...path, "alsoAllow"], "has no effect: there is no profile to add to");
    }
    checkNames([...path, "allow"], "allow");
    checkNames([...path, "alsoAllow"], "allow");
    checkNames([...path, "deny"], "deny");
  }
  checkNames(["gateway", "tools", "allow"], "allow");
  checkNames(["gateway", "tools", "deny"], "deny");
}

function getObjectAt(tree: unknown, path: Path): PlainObject {
  const value = getAt(tree, ...path);
  return isPlainObject(value) ? value : {};
}
