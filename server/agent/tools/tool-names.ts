/** The names of tools, and what stands for several: aliases, groups, globs. Case does not matter in any of them. */

/** Every tool but those of MCP servers, which are called `<server>__<tool>`. */
export const ownToolNames = [
  "read",
  "write",
  "edit",
  "apply_patch",
  "exec",
  "process",
  "web_fetch",
  "session_status",
  "sessions_list",
  "sessions_history",
] as const;

const aliases: ReadonlyMap<string, string> = new Map([["bash", "exec"]]);

const web = ["web_fetch"];
const sessions = ["session_status", "sessions_list", "sessions_history"];

/** `group:openclaw` is what it is in OpenClaw: the tools that touch neither files nor processes. */
const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ["group:fs", ["read", "write", "edit", "apply_patch"]],
  ["group:runtime", ["exec", "process"]],
  ["group:web", web],
  ["group:sessions", sessions],
  ["group:openclaw", [...web, ...sessions]],
  ["group:mcp", ["*__*"]],
]);

/** What may stand in a list, besides globs and the tools of MCP servers. */
export const listedNames: readonly string[] = [...ownToolNames, ...aliases.keys(), ...groups.keys()];

/** Does the entry mean anything, where there are these MCP servers? */
export function isKnown(entry: string, servers: readonly string[]): boolean {
  return (
    listedNames.includes(entry.toLowerCase()) ||
    ownToolNames.some((tool) => means(entry, tool)) ||
    servers.some((server) => mayMeanSome(entry, mcpPrefix(server)))
  );
}

/** What the names of a server's tools begin with. */
export function mcpPrefix(server: string): string {
  return `${server.toLowerCase()}__`;
}

/** The one spelling of a tool's name, by which it is compared. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return aliases.get(lower) ?? lower;
}

/** Does an entry of a list mean this tool? `tool` is canonical. */
export function means(entry: string, tool: string): boolean {
  return patternsOf(entry).some((pattern) => fits(tool, pattern));
}

/** Might there be a tool whose name begins with `prefix` that the entry means? */
export function mayMeanSome(entry: string, prefix: string): boolean {
  return patternsOf(entry).some((pattern) => {
    const [first = "", ...more] = pattern.split("*");
    return first.startsWith(prefix) || (more.length > 0 && prefix.startsWith(first));
  });
}

/** Does the entry mean every tool, whichever it be, whose name begins with `prefix`? */
export function meansAll(entry: string, prefix: string): boolean {
  return patternsOf(entry).some((pattern) => pattern.endsWith("*") && fits(prefix, pattern));
}

function patternsOf(entry: string): readonly string[] {
  const name = canonicalName(entry);
  return groups.get(name) ?? [name];
}

/** Each `*` of the pattern stands for any number of characters. In one pass, whatever the pattern. */
function fits(name: string, pattern: string): boolean {
  const [first = "", ...between] = pattern.split("*");
  const last = between.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of between) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at + last.length <= name.length && name.endsWith(last);
}
