/** Creates the agents of a configuration, with their models and tools. */
import type { Config } from "../../contracts/config/config.ts";
import { GatewayError } from "../lib/errors.ts";
import type { ModelCatalog } from "./models/catalog.ts";
import { createOfferedModels } from "./offered-models.ts";
import type { Agent, Toolbox } from "./types.ts";

export interface Agents {
  readonly default: Agent;
  /** Finds an agent by id, case-insensitively. */
  find(id: string): Agent | undefined;
  readonly ids: readonly string[];
}

/** Returns the agents that the credential with this name can use. */
export type GetAgents = (credential: string) => Agents;

type AgentConfig = Omit<Config["agents"]["list"][number], "place">;

interface AgentDeps {
  readonly models: Pick<ModelCatalog, "get" | "find">;
  /** Returns the toolbox of the agent with this id. */
  readonly toolbox: (agentId: string) => Toolbox;
  /** Returns the function that reads the workspace files of the agent with this id. */
  readonly workspaceFilesOf: (agentId: string) => Agent["workspaceFiles"];
}

export function createAgents({ defaults, list }: Config["agents"], deps: AgentDeps): Agents {
  const configured: readonly AgentConfig[] = list.length > 0 ? list : [{ id: "main", default: true }];
  const agents = configured.map((entry) => createAgent(entry, defaults, deps));
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const defaultAgent = agents[configured.findIndex((entry) => entry.default)] ?? agents[0];
  if (defaultAgent === undefined) throw new Error("there is always an agent");
  return { default: defaultAgent, find: (id) => byId.get(id.toLowerCase()), ids: [...byId.keys()] };
}

/** Hides all agents but the allowed ones; undefined allows all. Without the usual default agent, the first allowed one is the default. */
export function restrictAgents(agents: Agents, allowedIds: readonly string[] | undefined): Agents {
  if (allowedIds === undefined) return agents;
  const ids = agents.ids.filter((id) => allowedIds.includes(id));
  const find = (id: string): Agent | undefined =>
    ids.includes(id.toLowerCase()) ? agents.find(id) : undefined;
  return {
    ids,
    find,
    get default() {
      const firstAllowed = find(agents.default.id) ?? find(ids[0] ?? "");
      if (firstAllowed !== undefined) return firstAllowed;
      throw new GatewayError("model_not_found", "No agent that this key can use exists any more.");
    },
  };
}

function createAgent(
  config: AgentConfig,
  defaults: Config["agents"]["defaults"],
  { models, toolbox, workspaceFilesOf }: AgentDeps,
): Agent {
  const id = config.id.toLowerCase();
  const modelSetting = config.model ?? defaults.model;
  const refs =
    typeof modelSetting === "string" ? [modelSetting] : [modelSetting.primary, ...modelSetting.fallbacks];
  return {
    id,
    name: config.name,
    description: config.description,
    models: refs.map(models.get),
    offeredModels: createOfferedModels(
      {
        models: config.models ?? defaults.models,
        modelPolicy: config.modelPolicy ?? defaults.modelPolicy,
      },
      models,
    ),
    instructions: config.instructions ?? defaults.instructions,
    workspaceFiles: workspaceFilesOf(id),
    toolbox: toolbox(id),
    sessionHeaders: config.sessionHeaders ?? defaults.sessionHeaders,
    maxSteps: config.maxSteps ?? defaults.maxSteps,
    timeoutSeconds: config.timeoutSeconds ?? defaults.timeoutSeconds,
    contextTokens: config.contextTokens ?? defaults.contextTokens,
    thinking: config.thinkingDefault ?? defaults.thinkingDefault,
  };
}
