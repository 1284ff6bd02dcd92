/** What the configuration says of an agent's tools, for the commands that start nothing. */
import { homedir } from "node:os";
import { policyFor, type Decision } from "../server/agent/tools/policy.ts";
import { loadConfig } from "../server/config/load.ts";
import { nearest } from "../server/nearest.ts";
import type { Io } from "./io.ts";

export interface AgentTools {
  readonly agent: string;
  /** The agent's first model: some rules are for one model only. */
  readonly model: string;
  /** Names of the MCP servers. */
  readonly servers: readonly string[];
  decide(tool: string): { readonly run: Decision; readonly http: Decision };
}

/** `asked` is an agent's id, undefined the default agent. Throws when there is no such agent. */
export function agentTools(asked: string | undefined, io: Io): AgentTools {
  const { config, warnings } = loadConfig({ env: io.env, home: io.env["HOME"] || homedir() });
  for (const warning of warnings) io.err(`Warning: ${warning}`);
  const { defaults, list } = config.agents;
  const agents = list.length > 0 ? list : [{ id: "main", default: true, model: undefined }];
  const id = asked?.toLowerCase();
  const entry =
    id === undefined
      ? (agents.find((each) => each.default) ?? agents[0])
      : agents.find((each) => each.id.toLowerCase() === id);
  if (entry === undefined)
    throw noAgent(
      asked ?? "",
      agents.map((each) => each.id),
    );
  const agent = entry.id.toLowerCase();
  const choice = entry.model ?? defaults.model;
  const model = typeof choice === "string" ? choice : choice.primary;
  const inRuns = policyFor(config, { agentId: agent, model, surface: "run" });
  const overHttp = policyFor(config, { agentId: agent, model, surface: "http" });
  return {
    agent,
    model,
    servers: Object.keys(config.tools.mcpServers),
    decide: (tool) => ({ run: inRuns.decide(tool), http: overHttp.decide(tool) }),
  };
}

function noAgent(asked: string, ids: readonly string[]): Error {
  const meant = nearest(asked, ids);
  const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return new Error(`There is no agent "${asked}".${hint} Agents: ${ids.join(", ")}.`);
}
