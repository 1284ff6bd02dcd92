/** The agents of a configuration, ready to run: which there are, which is the default, with which models. */
import type { Config } from "../../contracts/config/config.ts";
import { GatewayError } from "../errors.ts";
import type { ModelCatalog } from "./models/catalog.ts";
import type { Agent, Toolbox } from "./types.ts";

export interface Agents {
  readonly default: Agent;
  /** By id, without regard to case. */
  find(id: string): Agent | undefined;
  readonly ids: readonly string[];
}

/** The agents as a credential may see and use them, by its name. */
export type AgentsFor = (credential: string) => Agents;

type AgentConfig = Omit<Config["agents"]["list"][number], "place">;

interface AgentParts {
  readonly models: ModelCatalog;
  /** Of the agent with this id. */
  readonly toolbox: (agentId: string) => Toolbox;
  readonly workspaceFiles: (agentId: string) => Promise<string>;
}

export function createAgents({ defaults, list }: Config["agents"], parts: AgentParts): Agents {
  const configured: readonly AgentConfig[] = list.length > 0 ? list : [{ id: "main", default: true }];
  const agents = configured.map((entry) => createAgent(entry, defaults, parts));
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const preferred = agents[configured.findIndex((entry) => entry.default)] ?? agents[0];
  if (preferred === undefined) throw new Error("there is always an agent");
  return { default: preferred, find: (id) => byId.get(id.toLowerCase()), ids: [...byId.keys()] };
}

/** As if there were no others. The first of them is the default one where the usual one is not among them. */
export function onlyAgents(agents: Agents, allowed: readonly string[]): Agents {
  const ids = agents.ids.filter((id) => allowed.includes(id));
  const find = (id: string): Agent | undefined =>
    ids.includes(id.toLowerCase()) ? agents.find(id) : undefined;
  return {
    ids,
    find,
    get default() {
      const chosen = find(agents.default.id) ?? find(ids[0] ?? "");
      if (chosen !== undefined) return chosen;
      throw new GatewayError("model_not_found", "None of the agents that this key may use exists any more.");
    },
  };
}

function createAgent(
  entry: AgentConfig,
  defaults: Config["agents"]["defaults"],
  { models, toolbox, workspaceFiles }: AgentParts,
): Agent {
  const id = entry.id.toLowerCase();
  const choice = entry.model ?? defaults.model;
  const refs = typeof choice === "string" ? [choice] : [choice.primary, ...choice.fallbacks];
  return {
    id,
    name: entry.name,
    models: refs.map(models.get),
    allowedModels: Object.keys(entry.models ?? defaults.models).map(models.get),
    instructions: entry.instructions ?? defaults.instructions,
    workspaceFiles: () => workspaceFiles(id),
    toolbox: toolbox(id),
    maxSteps: entry.maxSteps ?? defaults.maxSteps,
    timeoutSeconds: entry.timeoutSeconds ?? defaults.timeoutSeconds,
    thinking: entry.thinkingDefault ?? defaults.thinkingDefault,
  };
}
