/** Which sessions the session tools may show in a run, beyond whose they are. */
import type { Config } from "../../../contracts/config/config.ts";
import type { ToolContext } from "../types.ts";

export type Visibility = Config["tools"]["sessions"]["visibility"];

interface Place {
  readonly agentId: string;
  readonly key: string;
}

/** A run has no runs within it here: its tree is itself. */
export function isVisible(visibility: Visibility, { agentId, key }: Place, context: ToolContext): boolean {
  if (visibility === "all") return true;
  return visibility === "agent" ? agentId === context.agentId : key === context.sessionKey;
}

/** For a model that asked for more. */
export function notVisible(visibility: Visibility): string {
  const which = visibility === "agent" ? "sessions of your own agent" : "the session that you are in";
  return `You can only see ${which}: tools.sessions.visibility is "${visibility}".`;
}
