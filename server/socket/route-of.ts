/** Where a call goes: to an agent, by its id or by a session of it. */
import type { FindRoute, Route } from "../agent/route.ts";

interface Meant {
  readonly agentId?: string | undefined;
  readonly sessionKey?: string | undefined;
  readonly model?: string | undefined;
}

/** Throws `model_not_found` or `invalid_session_key`. */
export function routeOf(
  findRoute: FindRoute,
  credential: string,
  { agentId, sessionKey, model }: Meant,
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
