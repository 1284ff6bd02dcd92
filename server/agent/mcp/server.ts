/** One MCP server as its tools: their list is remembered, their calls find the server or say why not. */
import { ProtocolError } from "@modelcontextprotocol/client";
import { failed } from "../tools/define-tool.ts";
import type { Clock, Tool } from "../types.ts";
import { openConnection, type Connection, type ConnectionParts } from "./connection.ts";
import { faultOf } from "./fault.ts";
import { fitName } from "./fit-name.ts";
import { createLink } from "./link.ts";
import { orLeave } from "./or-leave.ts";
import { toOutput } from "./to-output.ts";
import { toTool, type CallMcpTool } from "./to-tool.ts";

interface McpServerParts extends ConnectionParts {
  readonly clock: Clock;
}

export interface McpServer {
  tools(signal: AbortSignal): Promise<readonly Tool[]>;
  close(): Promise<void>;
}

interface ToolList {
  readonly tools: readonly Tool[];
  readonly at: number;
  readonly from: Connection;
  readonly changes: number;
}

/** A list is asked for anew after this time: not every server says when it changes. */
const listAgeMs = 5 * 60_000;
/** What is done for all callers is not given up because one leaves. */
const forAll = new AbortController().signal;

export function createMcpServer(parts: McpServerParts): McpServer {
  const { name, clock, log } = parts;
  const link = createLink({ name, clock, log, open: (signal) => openConnection(parts, signal) });
  const renamed = new Set<string>();
  let list: ToolList | undefined;
  let listing: Promise<readonly Tool[]> | undefined;

  /** A server that is down keeps its list: to call one of its tools is what starts it again. */
  function isFresh({ at, from, changes }: ToolList): boolean {
    if (clock() - at >= listAgeMs) return false;
    const current = link.current();
    return current === undefined || (current === from && current.changes() === changes);
  }

  /** Asked again when the server has forgotten the session: it has done nothing then. */
  async function ask<T>(
    question: (connection: Connection) => Promise<T>,
    onFailure: (connection: Connection, error: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    for (let renewals = 0; ; renewals += 1) {
      signal.throwIfAborted();
      const connection = await orLeave(link.connect(), signal);
      try {
        return await question(connection);
      } catch (error) {
        signal.throwIfAborted();
        if (renewals > 0 || !connection.isExpired(error)) return onFailure(connection, error);
        link.renew(connection);
      }
    }
  }

  const fetchList = (): Promise<readonly Tool[]> =>
    ask(
      async (connection) => {
        const changes = connection.changes();
        const listed = await connection.listTools();
        const tools = listed.map((tool) => toTool(nameOf(tool.name), tool, call));
        list = { tools, at: clock(), from: connection, changes };
        return tools;
      },
      (connection, error) => {
        const reason = connection.endReason() ?? `did not list its tools: it ${faultOf(error).text}`;
        link.fail(connection, reason);
        throw new Error(`The MCP server "${name}" ${reason}.`, { cause: error });
      },
      forAll,
    );

  function nameOf(tool: string): string {
    const fitted = fitName(name, tool);
    if (fitted !== `${name}__${tool}` && !renamed.has(fitted)) {
      renamed.add(fitted);
      log.warn("MCP tool renamed, providers would refuse its name", { server: name, tool, name: fitted });
    }
    return fitted;
  }

  const call: CallMcpTool = (tool, args, signal) =>
    ask(
      async (connection) => toOutput(await connection.callTool(tool, args, signal)),
      (connection, error) => {
        if (error instanceof ProtocolError) return failed(error.message, { code: error.code });
        const fault = faultOf(error);
        const reason = connection.endReason() ?? fault.text;
        if (fault.isDown) link.fail(connection, reason);
        return failed(`The MCP server "${name}" ${reason}.`);
      },
      signal,
    );

  return {
    async tools(signal) {
      if (list !== undefined && isFresh(list)) return list.tools;
      signal.throwIfAborted();
      listing ??= fetchList().finally(() => (listing = undefined));
      try {
        return await orLeave(listing, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (list === undefined) throw error;
        return list.tools;
      }
    },
    close: link.close,
  };
}
