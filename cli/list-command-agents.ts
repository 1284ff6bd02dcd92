/** Lists the agents whose configuration allows `exec`: their callers can run commands on this machine. */
import type { Config } from "../contracts/config/config.ts";
import { createToolPolicy } from "../server/agent/tools/policy.ts";

export interface CommandAgents {
  /** Ids of agents that may run commands while they answer. */
  readonly inRuns: readonly string[];
  /** Ids of agents for which callers may run commands with `POST /tools/invoke`. */
  readonly overHttp: readonly string[];
}

export function listCommandAgents(config: Config): CommandAgents {
  const { defaults, list } = config.agents;
  const agents = list.length > 0 ? list : [{ id: "main", model: undefined }];
  const select = (surface: "run" | "http"): readonly string[] =>
    agents.flatMap(({ id, model }) => {
      const choice = model ?? defaults.model;
      const agentId = id.toLowerCase();
      const primary = typeof choice === "string" ? choice : choice.primary;
      return createToolPolicy(config, { agentId, model: primary, surface }).decide("exec").allowed
        ? [agentId]
        : [];
    });
  return { inRuns: select("run"), overHttp: select("http") };
}
