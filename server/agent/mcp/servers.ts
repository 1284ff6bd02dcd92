/** The configured MCP servers. Nothing is loaded or started before one of their tools is needed. */
import type { Config } from "../../../contracts/config/config.ts";
import { createProcessTable } from "../exec/process-table.ts";
import type { Clock, Log, Tool } from "../types.ts";
import type { McpServer } from "./server.ts";

interface McpParts {
  readonly clock: Clock;
  readonly log: Log;
  /** The gateway's own, of which servers get what every program needs. */
  readonly env: NodeJS.ProcessEnv;
}

export interface McpServers {
  readonly serverNames: readonly string[];
  /** The tools of one server, which is started when it does not run. Rejects in words for people. */
  toolsOf(server: string, signal: AbortSignal): Promise<readonly Tool[]>;
  /** Ends all processes and connections, and lets none begin again. */
  close(): Promise<void>;
}

export function createMcpServers(configured: Config["tools"]["mcpServers"], parts: McpParts): McpServers {
  const listProcesses = createProcessTable();
  const settings = new Map(Object.entries(configured));
  const used = new Map<string, Promise<McpServer>>();
  let closed = false;

  async function load(name: string): Promise<McpServer> {
    const found = settings.get(name);
    if (found === undefined) throw new Error(`There is no MCP server "${name}".`);
    const { createMcpServer } = await import("./server.ts");
    return createMcpServer({ name, settings: found, listProcesses, ...parts });
  }

  return {
    serverNames: [...settings.keys()],
    async toolsOf(name, signal) {
      if (closed) throw new Error("The gateway is stopping.");
      const server = used.get(name) ?? load(name);
      if (settings.has(name)) used.set(name, server);
      return (await server).tools(signal);
    },
    async close() {
      closed = true;
      await Promise.all([...used.values()].map(async (server) => (await server).close()));
    },
  };
}
