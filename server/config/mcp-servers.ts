/** Reads `mcpServers` at the top of the file, where other programs have it, as `tools.mcpServers`. */
import { getAt, isPlainObject, type Report } from "./tree.ts";

export function moveMcpServers(tree: unknown, report: Report): unknown {
  if (!isPlainObject(tree) || !isPlainObject(tree["mcpServers"])) return tree;
  const { mcpServers: added, tools = {}, ...rest } = tree;
  // The schema reports `tools`.
  if (!isPlainObject(tools)) return { ...rest, tools };
  const own = getAt(tools, "mcpServers") ?? {};
  for (const name of Object.keys(added)) {
    if (getAt(own, name) !== undefined)
      report(["mcpServers", name], "is in tools.mcpServers too; keep one of the two");
  }
  return { ...rest, tools: { ...tools, mcpServers: isPlainObject(own) ? { ...added, ...own } : own } };
}
