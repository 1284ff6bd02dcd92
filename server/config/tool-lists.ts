/** The lists of tools: what contradicts itself is refused; what means nothing, such as a mistyped name, is warned of. */
import { isKnown, listedNames } from "../agent/tools/tool-names.ts";
import { nearest } from "../nearest.ts";
import { agentPlaces } from "./references.ts";
import { at, isTable, tables, type Path, type Report, type Table } from "./tree.ts";

/** OpenClaw's tools that are not here: to deny them costs nothing and is no mistake. */
const foreign = new Set(
  (
    "agents_list browser canvas cron gateway image image_generate memory_get memory_search message nodes " +
    "sessions_send sessions_spawn subagents tts web_search group:agents group:automation group:media " +
    "group:memory group:messaging group:nodes group:ui"
  ).split(" "),
);

export function checkToolLists(tree: unknown, report: Report, warn: Report): void {
  const mcpServers = at(tree, "tools", "mcpServers");
  const servers = isTable(mcpServers) ? Object.keys(mcpServers) : [];

  function checkNames(path: Path, effect: "allows" | "denies"): void {
    const names = at(tree, ...path);
    if (!Array.isArray(names)) return;
    for (const [index, name] of names.entries()) {
      if (typeof name !== "string" || isKnown(name, servers)) continue;
      if (effect === "denies" && foreign.has(name.toLowerCase())) continue;
      const meant = nearest(name, listedNames);
      const hint = meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
      warn([...path, index], `${effect} nothing: there is no tool ${JSON.stringify(name)}${hint}`);
    }
  }

  const policies: readonly Path[] = [
    ["tools"],
    ...agentPlaces(tree).map((agent) => [...agent.path, "tools"]),
  ];
  const places = policies.flatMap((path) => [
    path,
    ...tables(at(tree, ...path, "byProvider")).map(([name]) => [...path, "byProvider", name]),
  ]);
  for (const path of places) {
    const { allow, alsoAllow, profile } = tableAt(tree, path);
    if (allow !== undefined && alsoAllow !== undefined) {
      report([...path, "alsoAllow"], "cannot stand together with allow");
    }
    if (Array.isArray(allow) && allow.length === 0) warn([...path, "allow"], "is empty: it allows no tool");
    // The profile of `tools` has a default.
    if (alsoAllow !== undefined && profile === undefined && path.length > 1) {
      warn([...path, "alsoAllow"], "adds to nothing: there is no profile beside it");
    }
    checkNames([...path, "allow"], "allows");
    checkNames([...path, "alsoAllow"], "allows");
    checkNames([...path, "deny"], "denies");
  }
  checkNames(["gateway", "tools", "allow"], "allows");
  checkNames(["gateway", "tools", "deny"], "denies");
}

function tableAt(tree: unknown, path: Path): Table {
  const found = at(tree, ...path);
  return isTable(found) ? found : {};
}
