/** All tools by agent: the gateway's own and those of MCP servers, which are started when one of theirs is needed. */
import type { Config } from "../../../contracts/config/config.ts";
import type { Tool, Toolbox } from "../types.ts";
import { decide, policyFor, type Decision, type ToolPolicy, type ToolQuestion } from "./policy.ts";
import { canonicalName, mcpPrefix } from "./tool-names.ts";

interface McpTools {
  readonly serverNames: readonly string[];
  /** Starts the server when it does not run. Rejects in words for people. */
  toolsOf(server: string, signal: AbortSignal): Promise<readonly Tool[]>;
}

interface RegistryParts {
  readonly config: Config;
  readonly ownTools: (agentId: string) => readonly Tool[];
  readonly mcp: McpTools;
}

export interface ToolRegistry {
  /** What the agent may use in its runs. A server that fails has no tools, for this once. */
  toolbox(agentId: string): Toolbox;
  decide(question: ToolQuestion): Decision;
  /** False when there is no such tool, as far as can be told without starting a server. */
  mayExist(agentId: string, name: string): boolean;
  /** Every tool of the agent, allowed or not; every server is started. One that fails has none, for this once. */
  all(agentId: string, signal: AbortSignal): Promise<readonly Tool[]>;
  /** Both start only the server that the name begins with, and reject when it fails. */
  find(agentId: string, name: string, signal: AbortSignal): Promise<Tool | undefined>;
  /** The names that a mistyped one may stand for. */
  namesNear(agentId: string, name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** What is the same for every run of an agent with the same model. */
interface Plan {
  readonly policy: ToolPolicy;
  readonly own: readonly Tool[];
  readonly servers: readonly string[];
}

export function createToolRegistry({ config, ownTools, mcp }: RegistryParts): ToolRegistry {
  function planFor(agentId: string, model: string): Plan {
    const policy = policyFor(config, { agentId, model, surface: "run" });
    return {
      policy,
      own: ownTools(agentId).filter(({ name }) => policy.decide(name).allowed),
      servers: mcp.serverNames.filter(policy.mayUse),
    };
  }

  const ownTool = (agentId: string, name: string): Tool | undefined => {
    const wanted = canonicalName(name);
    return ownTools(agentId).find((tool) => tool.name === wanted);
  };
  const serversOf = (name: string): readonly string[] =>
    mcp.serverNames.filter((server) => name.toLowerCase().startsWith(mcpPrefix(server)));
  const mcpTools = async (name: string, signal: AbortSignal): Promise<readonly Tool[]> =>
    (await Promise.all(serversOf(name).map((server) => mcp.toolsOf(server, signal)))).flat();

  return {
    toolbox(agentId) {
      const plans = new Map<string, Plan>();
      return {
        toolsFor(model, signal) {
          const plan = plans.get(model) ?? planFor(agentId, model);
          plans.set(model, plan);
          const { policy, own, servers } = plan;
          if (servers.length === 0) return own;
          const lists = servers.map((server) => mcp.toolsOf(server, signal).catch(() => []));
          return Promise.all(lists).then((tools) => [
            ...own,
            ...tools.flat().filter(({ name }) => policy.decide(name).allowed),
          ]);
        },
      };
    },
    decide: (question) => decide(config, question),
    mayExist: (agentId, name) => ownTool(agentId, name) !== undefined || serversOf(name).length > 0,
    async all(agentId, signal) {
      const lists = mcp.serverNames.map((server) => mcp.toolsOf(server, signal).catch(() => []));
      return [...ownTools(agentId), ...(await Promise.all(lists)).flat()];
    },
    async find(agentId, name, signal) {
      const own = ownTool(agentId, name);
      if (own !== undefined) return own;
      const tools = await mcpTools(name, signal);
      const lower = name.toLowerCase();
      return (
        tools.find((tool) => tool.name === name) ?? tools.find((tool) => tool.name.toLowerCase() === lower)
      );
    },
    async namesNear(agentId, name, signal) {
      const tools = serversOf(name).length > 0 ? await mcpTools(name, signal) : ownTools(agentId);
      return tools.map((tool) => tool.name);
    },
  };
}
