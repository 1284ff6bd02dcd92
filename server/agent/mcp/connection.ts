/** One initialised connection to one MCP server. */
import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type VersionNegotiationMode,
} from "@modelcontextprotocol/client";
import { z } from "zod";
import type { Config } from "../../../contracts/config/config.ts";
import { packageVersion } from "../../lib/package.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import type { Log } from "../../lib/ports.ts";
import { toTraceHeaders, type TraceContext } from "../../lib/trace-context.ts";
import type { McpTransport } from "./transport.ts";
import { describeError } from "./errors.ts";
import { createHttpTransport, type HttpServer } from "./http-transport.ts";
import { createSseTransport } from "./sse-transport.ts";
import { ToolResult } from "./tool-output.ts";
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
  /** Returns the entries of the list as they are. */
  listTools(): Promise<readonly unknown[]>;
  /** `trace` is the span of the call, which the server learns. */
  callTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    trace: TraceContext | undefined,
  ): Promise<ToolResult>;
  /** Why the server closed the connection; continues "The MCP server". Undefined if it did not. */
  getEndReason(): string | undefined;
  /** True if the error means that the server's session has expired. */
  isExpired(error: unknown): boolean;
  /** Closes when all calls in progress have finished. */
  closeWhenIdle(): Promise<void>;
  close(): Promise<void>;
}

const maxPages = 64;

const ListPage = z.looseObject({ tools: z.array(z.unknown()).nullish(), nextCursor: z.unknown().optional() });

/** The SDK's own list knows the headers that a tool declares, and rejects all tools for one that it cannot read. */
async function listModernTools(client: Client, timeout: number): Promise<readonly unknown[]> {
  try {
    return (await client.listTools(undefined, { timeout, cacheMode: "refresh" })).tools;
  } catch (error) {
    if (error instanceof SdkError && error.code === SdkErrorCode.InvalidResult)
      return listAllPages(client, timeout);
    throw error;
  }
}

/** A page without a next cursor is the last one, and so is a page that repeats the one before. */
async function listAllPages(client: Client, timeout: number): Promise<readonly unknown[]> {
  const tools: unknown[] = [];
  let cursor: string | undefined;
  let previous = "";
  for (let pages = 0; pages < maxPages; pages += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, ListPage, { timeout });
    const next = typeof page.nextCursor === "string" && page.nextCursor !== "" ? page.nextCursor : undefined;
    const content = JSON.stringify(page.tools ?? []);
    if (next !== undefined && next === cursor && content === previous) return tools;
    tools.push(...(page.tools ?? []));
    if (next === undefined) return tools;
    cursor = next;
    previous = content;
  }
  throw new SdkError(SdkErrorCode.ListPaginationExceeded, "The list of tools has too many pages.");
}

/** Rejects with a message that continues "The MCP server". */
export async function openConnection(deps: ConnectionDeps, signal: AbortSignal): Promise<Connection> {
  const { settings } = deps;
  if ("url" in settings) return openHttpConnection(deps, settings, signal);
  try {
    return await establish(deps, createStdioTransport(settings, deps), "legacy", signal);
  } catch (error) {
    // The process runs but rejects the old handshake: it supports only the newer protocol.
    if (!(error instanceof Error && error.cause instanceof ProtocolError)) throw error;
    return establish(deps, createStdioTransport(settings, deps), "auto", signal);
  }
}

/** Statuses of a server that speaks only the transport of 2024: it has no POST at this path. */
const otherTransportStatuses: ReadonlySet<number | undefined> = new Set([400, 404, 405]);

/** https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#backwards-compatibility */
async function openHttpConnection(
  deps: ConnectionDeps,
  settings: HttpServer,
  signal: AbortSignal,
): Promise<Connection> {
  const type = settings.type ?? settings.transport;
  if (type === "sse") return establish(deps, createSseTransport(settings), "legacy", signal);
  try {
    // Version negotiation is harmless over HTTP. A process can exit when it gets an unknown first message.
    return await establish(deps, createHttpTransport(settings), "auto", signal);
  } catch (error) {
    const status = findHttpStatus(error);
    if (type !== undefined || !otherTransportStatuses.has(status)) throw error;
    return await establish(deps, createSseTransport(settings), "legacy", signal).catch(() => {
      throw error;
    });
  }
}

function findHttpStatus(error: unknown): number | undefined {
  if (error instanceof SdkHttpError) return error.status;
  return error instanceof Error ? findHttpStatus(error.cause) : undefined;
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
      return client.getProtocolEra() === "modern"
        ? listModernTools(client, startMs)
        : listAllPages(client, startMs);
    },
    async callTool(tool, args, signal, trace) {
      const timeout = settings.timeoutSeconds * 1000;
      const params = {
        name: tool,
        arguments: { ...args },
        ...(trace !== undefined && { _meta: { ...toTraceHeaders(trace) } }),
      };
      // The SDK rejects a whole result for one block that it does not know.
      const call: Promise<ToolResult> =
        client.getProtocolEra() === "modern"
          ? client.callTool(params, { signal, timeout })
          : client.request({ method: "tools/call", params }, ToolResult, { signal, timeout });
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
