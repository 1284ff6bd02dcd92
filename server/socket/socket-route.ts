/** Finds the route of a call: the agent by its id or by a session key. */
import type { FindRoute, Route } from "../agent/route.ts";

interface RouteTarget {
  readonly agentId?: string | undefined;
  readonly sessionKey?: string | undefined;
  readonly model?: string | undefined;
}

/** Throws `model_not_found` or `invalid_session_key`. */
export function findSocketRoute(
  findRoute: FindRoute,
  credential: string,
  { agentId, sessionKey, model }: RouteTarget,
): Route {
  return findRoute({
    surface: "socket",
    credential,
    agentId,
    model: undefined,
    sessionKey,
    user: undefined,
    backendModel: model,
    fields: { agentId: "agentId", sessionKey: "sessionKey", model: "model" },
  });
}
