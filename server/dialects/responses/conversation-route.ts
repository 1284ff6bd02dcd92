/** Finds the route of a request that names a conversation: the agent of its first response keeps it. */
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { FindRoute, Route, RouteRequest } from "../../agent/route.ts";
import type { OpenAiConversation } from "../../agent/sessions/conversations.ts";
import { buildConversationName, buildSessionKey } from "../../agent/sessions/session-keys.ts";
import { GatewayError } from "../../lib/errors.ts";

/** Null and "" mean the same as leaving the field out. */
export function readConversationId({
  conversation,
}: Pick<ResponseRequest, "conversation">): string | undefined {
  return (typeof conversation === "string" ? conversation : conversation?.id) || undefined;
}

/** Throws `invalid_value` for a request that names more than one of a response, a conversation and a session. */
export function rejectTwoConversations(
  { headers }: { readonly headers: { readonly "x-openclaw-session-key"?: string | undefined } },
  previousId: string | undefined,
  conversationId: string | undefined,
): void {
  const names = [
    ...(previousId === undefined ? [] : ["previous_response_id"]),
    ...(conversationId === undefined ? [] : ["conversation"]),
    ...(headers["x-openclaw-session-key"] === undefined ? [] : ["x-openclaw-session-key"]),
  ];
  const [param, other] = names;
  if (param === undefined || other === undefined) return;
  throw new GatewayError(
    "invalid_value",
    `${param}: the request names a conversation twice; send this or ${other}`,
    { param },
  );
}

/** Throws `invalid_session_key`, which names the agent of the conversation, when the request asks another one. */
export function selectConversationRoute(
  request: Omit<RouteRequest, "sessionKey" | "user" | "fields">,
  { id, credential, agentId, sessionKey }: OpenAiConversation,
  findRoute: FindRoute,
): Route {
  const route = findRoute({
    ...request,
    sessionKey: agentId === undefined ? undefined : sessionKey,
    user: undefined,
    fields: { agentId: "x-openclaw-agent-id", sessionKey: "conversation" },
  });
  return { ...route, sessionKey: buildSessionKey(route.agent.id, buildConversationName(id), credential) };
}
