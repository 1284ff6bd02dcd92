/** The sandbox that the configuration demands for an agent's tools. */
import type { Config } from "../../contracts/config/config.ts";

export type WorkspaceAccess = "none" | "ro" | "rw";

export interface AgentSandbox {
  readonly workspaceAccess: WorkspaceAccess;
  /** Whether session tools show the sessions of `tools.sessions.visibility`, not only their own. */
  readonly showsAllSessions: boolean;
  /** The configuration path of the settings. */
  readonly place: string;
}

type AgentConfig = Config["agents"]["list"][number];

/** An agent's settings replace the defaults key by key. Undefined: its tools run without a sandbox. */
export function findAgentSandbox(config: Config, agent: AgentConfig | undefined): AgentSandbox | undefined {
  const defaults = config.agents.defaults.sandbox;
  const { mode, workspaceAccess, sessionToolsVisibility } = { ...defaults, ...agent?.sandbox };
  if (mode === undefined || mode === "off") return undefined;
  return {
    workspaceAccess: workspaceAccess ?? "none",
    showsAllSessions: sessionToolsVisibility === "all",
    place: agent?.sandbox === undefined ? "agents.defaults.sandbox" : `${agent.place}.sandbox`,
  };
}
