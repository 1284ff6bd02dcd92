/** `mcp.servers` of OpenClaw, which are `tools.mcpServers` here. */
import { ensureDraft, getDraft, take, type Draft } from "../draft.ts";
import { getAt, isPlainObject, listObjects } from "../tree.ts";
import type { MappingReports } from "./map-keys.ts";

const maxNameLength = 32;
/** Keys without a meaning here. */
const droppedKeys = ["enabled", "codex", "supportsParallelToolCalls", "sslVerify", "auth"];

export function mapMcpServers(tree: unknown, { warn, report, trackMove }: MappingReports): void {
  const mcp = getDraft(tree, "mcp");
  for (const [name, server] of listObjects(getAt(mcp, "servers"))) {
    const from = ["mcp", "servers", name];
    if (server["enabled"] === false) continue;
    const problem = findProblem(server);
    if (problem !== undefined) {
      warn(from, `is left out: ${problem}`);
      continue;
    }
    const ownName = toServerName(String(name));
    if (ownName !== name) warn(from, `is ${JSON.stringify(ownName)} here: its tools are ${ownName}__<tool>`);
    const servers = ensureDraft(tree, "tools", "mcpServers");
    if (servers === undefined) return;
    if (Object.keys(servers).some((other) => other.toLowerCase() === ownName.toLowerCase())) {
      const reason = `is left out: there is another server ${JSON.stringify(ownName)}`;
      // Two names that become the same would lose one server; tools.mcpServers may replace one on purpose.
      if (ownName === name) warn(from, reason);
      else report(from, `${reason}; give one of them another name`);
      continue;
    }
    servers[ownName] = mapServer({ ...server });
    trackMove(from, ["tools", "mcpServers", ownName]);
  }
  take(mcp, "servers");
}

/** What the server needs and the gateway lacks. The gateway starts without it, so that agents can do less, not more. */
function findProblem(server: Readonly<Record<string, unknown>>): string | undefined {
  if (server["auth"] === "oauth" || server["oauth"] !== undefined) {
    return "it needs a sign-in in the browser; set headers.Authorization to a token";
  }
  if (server["clientCert"] !== undefined || server["clientKey"] !== undefined) {
    return "client certificates are not supported";
  }
  return server["sslVerify"] === false
    ? "an unchecked certificate is not accepted; NODE_EXTRA_CA_CERTS adds an authority"
    : undefined;
}

function toServerName(name: string): string {
  return (
    name
      .replaceAll(/[^a-zA-Z0-9_-]/g, "-")
      .replaceAll(/_{2,}/g, "_")
      .replace(/^[_-]+/, "")
      .slice(0, maxNameLength)
      .replace(/_+$/, "") || "server"
  );
}

function mapServer(server: Draft): Draft {
  for (const key of droppedKeys) take(server, key);
  const folder = take(server, "workingDirectory");
  if (folder !== undefined) server["cwd"] ??= folder;
  const transport = take(server, "transport");
  if (transport !== undefined) server["type"] ??= transport;
  for (const [from, to] of [
    ["connectionTimeoutMs", "startTimeoutSeconds"],
    ["requestTimeoutMs", "timeoutSeconds"],
  ] as const) {
    const ms = take(server, from);
    if (typeof ms === "number") server[to] ??= Math.max(1, Math.ceil(ms / 1_000));
  }
  for (const key of ["env", "headers"]) {
    const values = server[key];
    if (isPlainObject(values)) server[key] = mapValues(values);
  }
  return server;
}

/** Numbers and booleans are text in a variable or a header. */
function mapValues(values: Readonly<Record<string, unknown>>): Draft {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "number" || typeof value === "boolean" ? String(value) : value,
    ]),
  );
}
