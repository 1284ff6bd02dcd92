/** The agent that a call means: by its id, or by a session of it. */
import type { FindRoute } from "../../agent/route.ts";
import type { Agent } from "../../agent/types.ts";

interface Meant {
  readonly agentId?: string | undefined;
  readonly sessionKey?: string | undefined;
}

/** Throws `model_not_found` or `invalid_session_key`. */
export function agentOf(findRoute: FindRoute, credential: string, { agentId, sessionKey }: Meant): Agent {
  return findRoute({
    surface: "socket",
    credential,
    agentId,
    model: undefined,
    sessionKey,
    user: undefined,
    backendModel: undefined,
    fields: { agentId: "agentId", sessionKey: "sessionKey" },
  }).agent;
}
