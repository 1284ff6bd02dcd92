/** The configured MCP servers. A server's code is loaded and its process started when one of its tools is needed. */
import type { Config } from "../../../contracts/config/config.ts";
import { createProcessTable } from "../exec/process-table.ts";
import { isSameConfig } from "../../lib/compare-config.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import type { Tool } from "../types.ts";
import type { McpServer, McpServerState } from "./server.ts";

interface McpServersDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The gateway's environment. Servers inherit only the variables that every program needs. */
  readonly env: NodeJS.ProcessEnv;
}

export interface McpServers {
  /** The names of the servers that are configured now. */
  readonly serverNames: readonly string[];
  /** Starts no server. */
  listStates(): Promise<readonly (McpServerState & { readonly name: string })[]>;
  /** Starts the server if it is not running. Rejects with a message for the caller. */
  listTools(server: string, signal: AbortSignal): Promise<readonly Tool[]>;
  /**
   * Replaces the configured servers. A server with the same settings stays as it is. Returns a function that closes the
   * others, to be called when no run can use them any more.
   */
  configure(configured: Config["tools"]["mcpServers"]): () => Promise<void>;
  /** Ends all processes and connections. No server starts after this. */
  close(): Promise<void>;
}

export function createMcpServers(
  configured: Config["tools"]["mcpServers"],
  deps: McpServersDeps,
): McpServers {
  const listProcesses = createProcessTable();
  let settings = selectServers(configured);
  const servers = new Map<string, Promise<McpServer>>();
  const retired = new Set<Promise<McpServer>>();
  let closed = false;

  async function load(name: string): Promise<McpServer> {
    const found = settings.get(name);
    if (found === undefined) throw new Error(`There is no MCP server "${name}".`);
    const { createMcpServer } = await import("./server.ts");
    return createMcpServer({ name, settings: found, listProcesses, ...deps });
  }

  return {
    get serverNames() {
      return [...settings.keys()];
    },
    listStates: () =>
      Promise.all(
        [...settings.keys()].map(async (name) => {
          const server = await servers.get(name);
          return { name, ...(server?.getState() ?? { state: "idle", tools: [] }) };
        }),
      ),
    async listTools(name, signal) {
      if (closed) throw new Error("The gateway is stopping.");
      const server = servers.get(name) ?? load(name);
      if (settings.has(name)) servers.set(name, server);
      return (await server).listTools(signal);
    },
    configure(next) {
      const previous = settings;
      settings = selectServers(next);
      const replaced = [...servers].filter(([name]) => !isSameConfig(previous.get(name), settings.get(name)));
      for (const [name, server] of replaced) {
        servers.delete(name);
        retired.add(server);
      }
      return async () => {
        await Promise.all(replaced.map(async ([, server]) => (await server).close()));
        for (const [, server] of replaced) retired.delete(server);
      };
    },
    async close() {
      closed = true;
      await Promise.all([...servers.values(), ...retired].map(async (server) => (await server).close()));
    },
  };
}

const selectServers = (configured: Config["tools"]["mcpServers"]) =>
  new Map(Object.entries(configured).filter(([, { disabled }]) => !disabled));
