/** Converts a configuration file of OpenClaw to this gateway's keys, as a load does, and leaves references as they are. */
import { createIssueList } from "../issue-list.ts";
import { moveMcpServers } from "../mcp-servers.ts";
import { mapOpenClawKeys } from "./map-keys.ts";
import { removeOpenClawKeys } from "./remove-keys.ts";

/** Keys without effect are gone. What is refused stays out too: `config check` of the original names it. */
export function convertTree(file: string, tree: unknown): unknown {
  const issues = createIssueList(file);
  const converted = structuredClone(moveMcpServers(tree, issues.report));
  mapOpenClawKeys(converted, issues);
  return removeOpenClawKeys(converted, issues.report).tree;
}
