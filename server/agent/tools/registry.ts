/** All tools of each agent: built-in tools and tools of MCP servers. A server starts when one of its tools is needed. */
import type { Config } from "../../../contracts/config/config.ts";
import type { Tool, Toolbox } from "../types.ts";
import { decide, createToolPolicy, type Decision, type ToolPolicy, type PolicyRequest } from "./policy.ts";
import { toCanonicalName, getMcpPrefix } from "../../lib/tool-names.ts";

interface McpTools {
  readonly serverNames: readonly string[];
  /** Starts the server if it is not running. Rejects with a message for the caller. */
  listTools(server: string, signal: AbortSignal): Promise<readonly Tool[]>;
}

interface ToolRegistryDeps {
  readonly config: Config;
  readonly getBuiltInTools: (agentId: string) => readonly Tool[];
  readonly mcp: McpTools;
}

export interface ToolRegistry {
  /** The tools that the agent can use in its runs. The tools of a server that fails are left out this time. */
  toolbox(agentId: string): Toolbox;
  decide(request: PolicyRequest): Decision;
  /** False if no such tool can exist. Starts no server, so true does not mean that the tool exists. */
  canExist(agentId: string, name: string): boolean;
  /** All tools of the agent, allowed or not. Starts every server; the tools of one that fails are left out. */
  listAllTools(agentId: string, signal: AbortSignal): Promise<readonly Tool[]>;
  /** Starts only the server whose prefix the name has. Rejects when that server fails. */
  findTool(agentId: string, name: string, signal: AbortSignal): Promise<Tool | undefined>;
  /** The names that a misspelled name can be compared with. Starts servers as `findTool` does. */
  listCandidateNames(agentId: string, name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** The tools and servers that one agent can use with one model. */
interface ToolSelection {
  readonly policy: ToolPolicy;
  readonly builtInTools: readonly Tool[];
  readonly servers: readonly string[];
}

export function createToolRegistry({ config, getBuiltInTools, mcp }: ToolRegistryDeps): ToolRegistry {
  function selectTools(agentId: string, model: string): ToolSelection {
    const policy = createToolPolicy(config, { agentId, model, surface: "run" });
    return {
      policy,
      builtInTools: getBuiltInTools(agentId).filter(({ name }) => policy.decide(name).allowed),
      servers: mcp.serverNames.filter(policy.canUseServer),
    };
  }

  const findBuiltInTool = (agentId: string, name: string): Tool | undefined => {
    const target = toCanonicalName(name);
    return getBuiltInTools(agentId).find((tool) => tool.name === target);
  };
  const findServers = (name: string): readonly string[] =>
    mcp.serverNames.filter((server) => name.toLowerCase().startsWith(getMcpPrefix(server)));
  const listMcpTools = async (name: string, signal: AbortSignal): Promise<readonly Tool[]> =>
    (await Promise.all(findServers(name).map((server) => mcp.listTools(server, signal)))).flat();

  return {
    toolbox(agentId) {
      const selections = new Map<string, ToolSelection>();
      return {
        toolsFor(model, signal) {
          const selection = selections.get(model) ?? selectTools(agentId, model);
          selections.set(model, selection);
          const { policy, builtInTools, servers } = selection;
          if (servers.length === 0) return builtInTools;
          const lists = servers.map((server) => mcp.listTools(server, signal).catch(() => []));
          return Promise.all(lists).then((tools) => [
            ...builtInTools,
            ...tools.flat().filter(({ name }) => policy.decide(name).allowed),
          ]);
        },
      };
    },
    decide: (question) => decide(config, question),
    canExist: (agentId, name) => findBuiltInTool(agentId, name) !== undefined || findServers(name).length > 0,
    async listAllTools(agentId, signal) {
      const lists = mcp.serverNames.map((server) => mcp.listTools(server, signal).catch(() => []));
      return [...getBuiltInTools(agentId), ...(await Promise.all(lists)).flat()];
    },
    async findTool(agentId, name, signal) {
      const builtIn = findBuiltInTool(agentId, name);
      if (builtIn !== undefined) return builtIn;
      const tools = await listMcpTools(name, signal);
      const lower = name.toLowerCase();
      return (
        tools.find((tool) => tool.name === name) ?? tools.find((tool) => tool.name.toLowerCase() === lower)
      );
    },
    async listCandidateNames(agentId, name, signal) {
      const tools =
        findServers(name).length > 0 ? await listMcpTools(name, signal) : getBuiltInTools(agentId);
      return tools.map((tool) => tool.name);
    },
  };
}

/** Returns a registry that is always the newest one. */
export const followRegistry = (getRegistry: () => ToolRegistry): ToolRegistry => ({
  toolbox: (agentId) => getRegistry().toolbox(agentId),
  decide: (request) => getRegistry().decide(request),
  canExist: (...args) => getRegistry().canExist(...args),
  listAllTools: (...args) => getRegistry().listAllTools(...args),
  findTool: (...args) => getRegistry().findTool(...args),
  listCandidateNames: (...args) => getRegistry().listCandidateNames(...args),
});
