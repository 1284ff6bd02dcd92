/** One connection to one server: made and initialised within a time, then asked for tools and calls. */
import {
  Client,
  ProtocolError,
  type CallToolResult,
  type Tool as ListedTool,
  type VersionNegotiationMode,
} from "@modelcontextprotocol/client";
import type { Config } from "../../../contracts/config/config.ts";
import { packageVersion } from "../../package.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import type { Log } from "../types.ts";
import type { Channel } from "./channel.ts";
import { faultOf } from "./fault.ts";
import { httpChannel } from "./http-channel.ts";
import { orLeave } from "./or-leave.ts";
import { stdioChannel } from "./stdio-channel.ts";

export type McpServerSettings = Config["tools"]["mcpServers"][string];

export interface ConnectionParts {
  readonly name: string;
  readonly settings: McpServerSettings;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly listProcesses: ListProcesses;
}

export interface Connection {
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>;
  /** How often the server has said that its tools are others now. */
  changes(): number;
  listTools(): Promise<readonly ListedTool[]>;
  callTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallToolResult>;
  /** Why it ended by itself, if it did; goes on from "The MCP server". */
  endReason(): string | undefined;
  /** Does this error mean that the server has forgotten the session, and nothing else? */
  isExpired(error: unknown): boolean;
  /** Closes as soon as the calls under way have ended. */
  retire(): Promise<void>;
  close(): Promise<void>;
}

const maxPages = 64;

/** Rejects in words that go on from "The MCP server". */
export async function openConnection(parts: ConnectionParts, signal: AbortSignal): Promise<Connection> {
  const { settings } = parts;
  // Over HTTP it costs nothing to ask which protocol is spoken. Processes may end when they are asked.
  if ("url" in settings) return establish(parts, httpChannel(settings), "auto", signal);
  try {
    return await establish(parts, stdioChannel(settings, parts), "legacy", signal);
  } catch (error) {
    // It runs and refuses: a server of the newer protocol alone.
    if (!(error instanceof Error && error.cause instanceof ProtocolError)) throw error;
    return establish(parts, stdioChannel(settings, parts), "auto", signal);
  }
}

async function establish(
  { name, settings, log }: ConnectionParts,
  channel: Channel,
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
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- It is no event target.
  client.onerror = (error) => log.debug("MCP server", { server: name, error: faultOf(error).text });

  async function close(): Promise<void> {
    await channel.close();
    await client.close().catch(() => {});
  }

  const startMs = settings.startTimeoutSeconds * 1000;
  try {
    const connected = client.connect(channel.transport, { timeout: startMs, signal });
    await orLeave(connected, AbortSignal.any([signal, AbortSignal.timeout(startMs)]));
  } catch (error) {
    const reason = channel.endReason() ?? faultOf(error).text;
    await channel.close();
    throw new Error(reason, { cause: error });
  }

  return {
    ended: channel.ended,
    changes: () => changes,
    async listTools() {
      // Without this question the package complains on the console.
      if (client.getServerCapabilities()?.tools === undefined) return [];
      return (await client.listTools(undefined, { timeout: startMs, cacheMode: "refresh" })).tools;
    },
    async callTool(tool, args, signal) {
      const timeout = settings.timeoutSeconds * 1000;
      const call = client.callTool({ name: tool, arguments: { ...args } }, { signal, timeout });
      calls.add(call);
      return call.finally(() => calls.delete(call));
    },
    endReason: channel.endReason,
    isExpired: channel.isExpired,
    async retire() {
      await Promise.allSettled(calls);
      await close();
    },
    close,
  };
}
