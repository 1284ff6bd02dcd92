/** One initialised connection to one MCP server. */
import {
  Client,
  ProtocolError,
  type CallToolResult,
  type Tool as ListedTool,
  type VersionNegotiationMode,
} from "@modelcontextprotocol/client";
import type { Config } from "../../../contracts/config/config.ts";
import { packageVersion } from "../../lib/package.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import type { Log } from "../../lib/ports.ts";
import type { McpTransport } from "./transport.ts";
import { describeError } from "./errors.ts";
import { createHttpTransport } from "./http-transport.ts";
import { raceAbort } from "../../lib/abort.ts";
import { createStdioTransport } from "./stdio-transport.ts";

export type McpServerSettings = Config["tools"]["mcpServers"][string];

export interface ConnectionDeps {
  readonly name: string;
  readonly settings: McpServerSettings;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly listProcesses: ListProcesses;
}

export interface Connection {
  /** Resolves when the server has closed the connection. */
  readonly ended: Promise<void>;
  /** How many `notifications/tools/list_changed` the server has sent. */
  countToolChanges(): number;
  listTools(): Promise<readonly ListedTool[]>;
  callTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallToolResult>;
  /** Why the server closed the connection; continues "The MCP server". Undefined if it did not. */
  getEndReason(): string | undefined;
  /** True if the error means that the server's session has expired. */
  isExpired(error: unknown): boolean;
  /** Closes when all calls in progress have finished. */
  closeWhenIdle(): Promise<void>;
  close(): Promise<void>;
}

const maxPages = 64;

/** Rejects with a message that continues "The MCP server". */
export async function openConnection(deps: ConnectionDeps, signal: AbortSignal): Promise<Connection> {
  const { settings } = deps;
  // Version negotiation is harmless over HTTP. A process can exit when it gets an unknown first message.
  if ("url" in settings) return establish(deps, createHttpTransport(settings), "auto", signal);
  try {
    return await establish(deps, createStdioTransport(settings, deps), "legacy", signal);
  } catch (error) {
    // The process runs but rejects the old handshake: it supports only the newer protocol.
    if (!(error instanceof Error && error.cause instanceof ProtocolError)) throw error;
    return establish(deps, createStdioTransport(settings, deps), "auto", signal);
  }
}

async function establish(
  { name, settings, log }: ConnectionDeps,
  transport: McpTransport,
  mode: VersionNegotiationMode,
  signal: AbortSignal,
): Promise<Connection> {
  let changes = 0;
  const calls = new Set<Promise<unknown>>();
  const client = new Client(
    { name: "openclaw-gateway", version: packageVersion },
    {
      versionNegotiation: { mode },
      listMaxPages: maxPages,
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => (changes += 1) } },
    },
  );
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- The client is not an EventTarget.
  client.onerror = (error) => log.debug("MCP server", { server: name, error: describeError(error).text });

  async function close(): Promise<void> {
    await transport.close();
    await client.close().catch(() => {});
  }

  const startMs = settings.startTimeoutSeconds * 1000;
  try {
    const connected = client.connect(transport.sdkTransport, { timeout: startMs, signal });
    await raceAbort(connected, AbortSignal.any([signal, AbortSignal.timeout(startMs)]));
  } catch (error) {
    const message = transport.getEndReason() ?? describeError(error).text;
    await transport.close();
    throw new Error(message, { cause: error });
  }

  return {
    ended: transport.ended,
    countToolChanges: () => changes,
    async listTools() {
      // Without this check the SDK prints a warning to the console.
      if (client.getServerCapabilities()?.tools === undefined) return [];
      return (await client.listTools(undefined, { timeout: startMs, cacheMode: "refresh" })).tools;
    },
    async callTool(tool, args, signal) {
      const timeout = settings.timeoutSeconds * 1000;
      const call = client.callTool({ name: tool, arguments: { ...args } }, { signal, timeout });
      calls.add(call);
      return call.finally(() => calls.delete(call));
    },
    getEndReason: transport.getEndReason,
    isExpired: transport.isExpired,
    async closeWhenIdle() {
      await Promise.allSettled(calls);
      await close();
    },
    close,
  };
}
