/** Resolves the tool policy of an agent from the configuration, without a running gateway. */
import { homedir } from "node:os";
import { createToolPolicy, type Decision } from "../server/agent/tools/policy.ts";
import { loadConfig } from "../server/config/load.ts";
import { suggest } from "../server/lib/did-you-mean.ts";
import type { Io } from "./io.ts";

export interface AgentTools {
  readonly agent: string;
  /** The agent's primary model: some rules apply to one model only. */
  readonly model: string;
  /** Names of the MCP servers. */
  readonly servers: readonly string[];
  decide(tool: string): { readonly run: Decision; readonly http: Decision };
}

/** @param requestedId an agent id; undefined selects the default agent. Throws for an unknown agent. */
export function resolveAgentTools(requestedId: string | undefined, io: Io): AgentTools {
  const { config, warnings } = loadConfig({
    env: io.env,
    home: io.env["HOME"] || homedir(),
    // No rule of a tool depends on a secret.
    runsCommands: false,
  });
  for (const warning of warnings) io.err(`Warning: ${warning}`);
  const { defaults, list } = config.agents;
  const agents = list.length > 0 ? list : [{ id: "main", default: true, model: undefined }];
  const id = requestedId?.toLowerCase();
  const entry =
    id === undefined
      ? (agents.find((candidate) => candidate.default) ?? agents[0])
      : agents.find((candidate) => candidate.id.toLowerCase() === id);
  if (entry === undefined)
    throw createUnknownAgentError(
      requestedId ?? "",
      agents.map((candidate) => candidate.id),
    );
  const agent = entry.id.toLowerCase();
  const modelChoice = entry.model ?? defaults.model;
  const model = typeof modelChoice === "string" ? modelChoice : modelChoice.primary;
  const inRuns = createToolPolicy(config, { agentId: agent, model, surface: "run" });
  const overHttp = createToolPolicy(config, { agentId: agent, model, surface: "http" });
  return {
    agent,
    model,
    servers: Object.keys(config.tools.mcpServers),
    decide: (tool) => ({ run: inRuns.decide(tool), http: overHttp.decide(tool) }),
  };
}

function createUnknownAgentError(requestedId: string, ids: readonly string[]): Error {
  const suggestion = suggest(requestedId, ids);
  const hint = suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;
  return new Error(`There is no agent "${requestedId}".${hint} Agents: ${ids.join(", ")}.`);
}
