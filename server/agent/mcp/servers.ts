/** The configured MCP servers. A server's code is loaded and its process started when one of its tools is needed. */
import type { Config } from "../../../contracts/config/config.ts";
import { createProcessTable } from "../exec/process-table.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import type { Tool } from "../types.ts";
import type { McpServer } from "./server.ts";

interface McpServersDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The gateway's environment. Servers inherit only the variables that every program needs. */
  readonly env: NodeJS.ProcessEnv;
}

export interface McpServers {
  readonly serverNames: readonly string[];
  /** Starts the server if it is not running. Rejects with a message for the caller. */
  listTools(server: string, signal: AbortSignal): Promise<readonly Tool[]>;
  /** Ends all processes and connections. No server starts after this. */
  close(): Promise<void>;
}

export function createMcpServers(
  configured: Config["tools"]["mcpServers"],
  deps: McpServersDeps,
): McpServers {
  const listProcesses = createProcessTable();
  const settings = new Map(Object.entries(configured));
  const servers = new Map<string, Promise<McpServer>>();
  let closed = false;

  async function load(name: string): Promise<McpServer> {
    const found = settings.get(name);
    if (found === undefined) throw new Error(`There is no MCP server "${name}".`);
    const { createMcpServer } = await import("./server.ts");
    return createMcpServer({ name, settings: found, listProcesses, ...deps });
  }

  return {
    serverNames: [...settings.keys()],
    async listTools(name, signal) {
      if (closed) throw new Error("The gateway is stopping.");
      const server = servers.get(name) ?? load(name);
      if (settings.has(name)) servers.set(name, server);
      return (await server).listTools(signal);
    },
    async close() {
      closed = true;
      await Promise.all([...servers.values()].map(async (server) => (await server).close()));
    },
  };
}
