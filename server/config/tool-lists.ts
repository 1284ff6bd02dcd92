/** Checks the lists of tools. A contradiction and a misspelt denial are errors; another entry without effect is a warning. */
import { isKnownEntry, matchesTool, policyEntryNames } from "../lib/tool-names.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { listAgentPaths } from "./agent-paths.ts";
import { foreignTools } from "./openclaw/keys.ts";
import {
  formatPath,
  getAt,
  isPlainObject,
  listObjects,
  type Path,
  type Report,
  type PlainObject,
} from "./tree.ts";

/** Returns the names of all MCP servers of a file, in this gateway's place and in OpenClaw's. */
export function listServerNames(tree: unknown): readonly string[] {
  return [getAt(tree, "tools", "mcpServers"), getAt(tree, "mcp", "servers")].flatMap((servers) =>
    Object.keys(isPlainObject(servers) ? servers : {}),
  );
}

interface ListReports {
  readonly report: Report;
  readonly warn: Report;
}

/** @param servers names of the MCP servers of the file, also of those that are left out */
export function checkToolLists(
  tree: unknown,
  servers: readonly string[],
  { report, warn }: ListReports,
): void {
  const foreign: string[] = [];

  function checkNames(path: Path, list: "allow" | "deny"): void {
    const names = getAt(tree, ...path);
    if (!Array.isArray(names)) return;
    for (const [index, name] of names.entries()) {
      if (typeof name !== "string" || isKnownEntry(name, servers)) continue;
      if (foreignTools.some((tool) => matchesTool(name, tool))) {
        foreign.push(`${formatPath(path)} ${JSON.stringify(name)}`);
        continue;
      }
      const suggestion = suggest(name, [...policyEntryNames, ...servers.map((server) => `${server}__*`)]);
      const hint = suggestion === undefined ? "" : ` (did you mean ${JSON.stringify(suggestion)}?)`;
      const problem = `there is no tool ${JSON.stringify(name)}${hint}`;
      // A name that denies nothing by mistake would leave the agent a right that the file takes away.
      if (list === "deny") report([...path, index], `denies nothing: ${problem}`);
      else warn([...path, index], `has no effect: ${problem}`);
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
  const sandboxPaths = policyPaths.map((path) => [...path, "sandbox", "tools"]);
  for (const path of [...rulePaths, ...sandboxPaths]) {
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
  if (foreign.length > 0) {
    warn([], `tools of OpenClaw that this gateway does not have, without effect: ${foreign.join(", ")}`);
  }
}

function getObjectAt(tree: unknown, path: Path): PlainObject {
  const value = getAt(tree, ...path);
  return isPlainObject(value) ? value : {};
}
