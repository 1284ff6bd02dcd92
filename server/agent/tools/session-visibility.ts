/** Which sessions the session tools can read in a run, in addition to the check of the session's owner. */
import type { Config } from "../../../contracts/config/config.ts";
import type { ToolContext } from "../types.ts";

/** `sandbox`: the sandbox of the agent limits it, to the same as `self`. */
export type Visibility = Config["tools"]["sessions"]["visibility"] | "sandbox";

interface SessionReference {
  readonly agentId: string;
  readonly key: string;
}

/** The visibilities "self" and "tree" are the same here: a run starts no other runs. */
export function isVisible(
  visibility: Visibility,
  { agentId, key }: SessionReference,
  context: ToolContext,
): boolean {
  if (visibility === "all") return true;
  return visibility === "agent" ? agentId === context.agentId : key === context.sessionKey;
}

/** The error text for a model that asked for a session it cannot see. */
export function formatVisibilityError(visibility: Visibility): string {
  const allowed = visibility === "agent" ? "sessions of your own agent" : "the session that you are in";
  const setting =
    visibility === "sandbox"
      ? 'this agent has a sandbox; sandbox.sessionToolsVisibility "all" shows more'
      : `tools.sessions.visibility is "${visibility}"`;
  return `You can only see ${allowed}: ${setting}.`;
}
