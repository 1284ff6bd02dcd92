/** Tool names, and the entries of tool lists: aliases, groups and globs. All are case-insensitive. */
import { createHash } from "node:crypto";
import { matchesGlob } from "./matches-glob.ts";

/** Tools of MCP servers are not in this list; their names are `<server>__<tool>`. */
export const builtInToolNames = [
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

/** OpenClaw calls the tools of MCP servers a plugin. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["bash", "exec"],
  ["bundle-mcp", "group:mcp"],
  ["group:plugins", "group:mcp"],
]);

const web = ["web_fetch"];
const sessions = ["session_status", "sessions_list", "sessions_history"];

/** `group:openclaw` is the same as in OpenClaw: the tools that use neither files nor processes. */
const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ["group:fs", ["read", "write", "edit", "apply_patch"]],
  ["group:runtime", ["exec", "process"]],
  ["group:web", web],
  ["group:sessions", sessions],
  ["group:openclaw", [...web, ...sessions]],
  ["group:mcp", ["*__*"]],
]);

/** The valid list entries besides globs and tools of MCP servers. */
export const policyEntryNames: readonly string[] = [...builtInToolNames, ...aliases.keys(), ...groups.keys()];

/** True if the entry can match a tool, given these MCP servers. */
export function isKnownEntry(entry: string, servers: readonly string[]): boolean {
  return (
    policyEntryNames.includes(entry.toLowerCase()) ||
    builtInToolNames.some((tool) => matchesTool(entry, tool)) ||
    servers.some((server) => canMatchPrefix(entry, getMcpPrefix(server)))
  );
}

/** The prefix of all tool names of a server. */
export function getMcpPrefix(server: string): string {
  return `${server.toLowerCase()}__`;
}

/** Returns the lower-case name with its alias resolved. Names are compared in this form. */
export function toCanonicalName(name: string): string {
  const lower = name.toLowerCase();
  return aliases.get(lower) ?? lower;
}

/** True if the list entry matches the tool. `tool` is canonical. */
export function matchesTool(entry: string, tool: string): boolean {
  return expandEntry(entry).some((pattern) => matchesGlob(tool, pattern));
}

/** True if the entry can match some tool whose name begins with `prefix`. */
export function canMatchPrefix(entry: string, prefix: string): boolean {
  return expandEntry(entry).some((pattern) => {
    const [first = "", ...more] = pattern.split("*");
    return first.startsWith(prefix) || (more.length > 0 && prefix.startsWith(first));
  });
}

/** True if the entry matches every possible tool whose name begins with `prefix`. */
export function matchesAllWithPrefix(entry: string, prefix: string): boolean {
  return expandEntry(entry).some((pattern) => pattern.endsWith("*") && matchesGlob(prefix, pattern));
}

function expandEntry(entry: string): readonly string[] {
  const name = toCanonicalName(entry);
  return groups.get(name) ?? [name];
}

const maxNameLength = 64;
const hashLength = 8;

/** Returns the name itself, or a shorter one that ends with its hash: no provider accepts a longer name. */
export function shortenToolName(name: string): string {
  if (name.length <= maxNameLength) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashLength);
  return `${name.slice(0, maxNameLength - hashLength - 1)}_${hash}`;
}

/**
 * `<server>__<tool>`, in the alphabet and length that every provider accepts. A name that has to be changed ends with a
 * hash of the original, so that two names never become the same.
 */
export function toMcpToolName(server: string, tool: string): string {
  const name = `${server}__${tool}`;
  if (name.length <= maxNameLength && /^[a-zA-Z0-9_-]+$/.test(name) && tool !== "") return name;
  const hash = createHash("sha256").update(tool).digest("hex").slice(0, hashLength);
  const prefix = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxNameLength - hashLength - 1);
  return `${prefix}_${hash}`;
}
