/** The tools of one MCP server. Caches their list and forwards their calls. */
import { ProtocolError } from "@modelcontextprotocol/client";
import { errorResult } from "../tools/define-tool.ts";
import type { Clock } from "../../lib/ports.ts";
import type { Tool } from "../types.ts";
import { openConnection, type Connection, type ConnectionDeps } from "./connection.ts";
import { describeError } from "./errors.ts";
import { matchesGlob } from "../../lib/matches-glob.ts";
import { toMcpToolName } from "../../lib/tool-names.ts";
import { createConnectionManager } from "./connection-manager.ts";
import { raceAbort } from "../../lib/abort.ts";
import { toToolOutput } from "./tool-output.ts";
import { readListedTool } from "./listed-tool.ts";
import { asObject, asText } from "../models/untrusted-json.ts";
import { toTool, type CallMcpTool } from "./to-tool.ts";

interface McpServerDeps extends ConnectionDeps {
  readonly clock: Clock;
}

export interface McpServerState {
  readonly state: "idle" | "running" | "down";
  /** The tools that it listed last. */
  readonly tools: readonly string[];
  readonly problem?: string;
}

export interface McpServer {
  getState(): McpServerState;
  listTools(signal: AbortSignal): Promise<readonly Tool[]>;
  close(): Promise<void>;
}

interface ToolList {
  readonly tools: readonly Tool[];
  readonly listedAt: number;
  readonly connection: Connection;
  readonly toolChanges: number;
}

/** Maximum age of a cached list. Not every server announces changes. */
const listAgeMs = 5 * 60_000;
const nameOf = (tool: unknown): string => asText(asObject<{ readonly name?: unknown }>(tool)?.name);
/** For requests that callers share: one caller's abort must not cancel them. */
const neverAborted = new AbortController().signal;

type ToolFilter = McpServerDeps["settings"]["toolFilter"];

/** Filters by the server's own names, before they are changed for providers. */
function isIncluded(filter: ToolFilter, tool: string): boolean {
  const matches = (globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(tool, glob));
  return matches(filter?.include ?? ["*"]) && !matches(filter?.exclude ?? []);
}

export function createMcpServer(deps: McpServerDeps): McpServer {
  const { name, clock, log } = deps;
  const connections = createConnectionManager({
    name,
    clock,
    log,
    open: (signal) => openConnection(deps, signal),
  });
  const renamedTools = new Set<string>();
  const omissions = new Set<string>();
  let list: ToolList | undefined;
  let listing: Promise<readonly Tool[]> | undefined;

  /** The list of a server that is down stays valid: a call of one of its tools restarts the server. */
  function isFresh({ listedAt, connection, toolChanges }: ToolList): boolean {
    if (clock() - listedAt >= listAgeMs) return false;
    const current = connections.getCurrent();
    return current === undefined || (current === connection && current.countToolChanges() === toolChanges);
  }

  /** Sends a second time if the session has expired: the server has not executed the request then. */
  async function request<T>(
    send: (connection: Connection) => Promise<T>,
    onFailure: (connection: Connection, error: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    for (let retries = 0; ; retries += 1) {
      signal.throwIfAborted();
      const connection = await raceAbort(connections.connect(), signal);
      try {
        return await send(connection);
      } catch (error) {
        signal.throwIfAborted();
        if (retries > 0 || !connection.isExpired(error)) return onFailure(connection, error);
        connections.discard(connection);
      }
    }
  }

  const fetchTools = (): Promise<readonly Tool[]> =>
    request(
      async (connection) => {
        const toolChanges = connection.countToolChanges();
        const listed = await connection.listTools();
        const tools = readTools(listed);
        list = { tools, listedAt: clock(), connection: connection, toolChanges };
        return tools;
      },
      (connection, error) => {
        const reason = connection.getEndReason() ?? `did not list its tools: it ${describeError(error).text}`;
        connections.markFailed(connection, reason);
        throw new Error(`The MCP server "${name}" ${reason}.`, { cause: error });
      },
      neverAborted,
    );

  /** Logs each tool that is left out once. */
  function readTools(listed: readonly unknown[]): readonly Tool[] {
    const tools = new Map<string, Tool>();
    for (const [index, value] of listed.entries()) {
      const tool = readListedTool(value);
      const name = "problem" in tool ? "" : toToolName(tool.name);
      if (!isIncluded(deps.settings.toolFilter, nameOf(value))) continue;
      if ("problem" in tool) logOmission(nameOf(value) || `number ${index + 1}`, tool.problem);
      else if (tools.has(name)) logOmission(tool.name, "there is another one of this name");
      else tools.set(name, toTool(name, tool, call));
    }
    return [...tools.values()];
  }

  function logOmission(tool: string, problem: string): void {
    const reason = `${tool}: ${problem}`;
    if (omissions.has(reason)) return;
    omissions.add(reason);
    log.warn("MCP tool left out", { server: name, tool, problem });
  }

  function toToolName(tool: string): string {
    const toolName = toMcpToolName(name, tool);
    if (toolName !== `${name}__${tool}` && !renamedTools.has(toolName)) {
      renamedTools.add(toolName);
      log.warn("MCP tool renamed, providers would reject its name", { server: name, tool, name: toolName });
    }
    return toolName;
  }

  const call: CallMcpTool = (tool, args, signal, trace) =>
    request(
      async (connection) => toToolOutput(await connection.callTool(tool, args, signal, trace)),
      (connection, error) => {
        if (error instanceof ProtocolError) return errorResult(error.message, { code: error.code });
        const info = describeError(error);
        const reason = connection.getEndReason() ?? info.text;
        if (info.isDown) connections.markFailed(connection, reason);
        return errorResult(`The MCP server "${name}" ${reason}.`);
      },
      signal,
    );

  return {
    getState() {
      const tools = list?.tools.map((tool) => tool.name) ?? [];
      if (connections.getCurrent() !== undefined) return { state: "running", tools };
      const outage = connections.getOutage();
      if (outage === undefined) return { state: "idle", tools };
      return { state: "down", tools, problem: `The MCP server "${name}" ${outage.reason}.` };
    },
    async listTools(signal) {
      if (list !== undefined && isFresh(list)) return list.tools;
      signal.throwIfAborted();
      listing ??= fetchTools().finally(() => (listing = undefined));
      try {
        return await raceAbort(listing, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (list === undefined) throw error;
        return list.tools;
      }
    },
    close: connections.close,
  };
}
