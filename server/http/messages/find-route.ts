/** The route of a messages request. */
import type { createMessage } from "../../../contracts/http/messages/endpoint.ts";
import type { FindRoute, Route } from "../../agent/route.ts";
import type { HandlerContext } from "../handler.ts";

type Headers = HandlerContext<typeof createMessage>["headers"];

interface Context extends Pick<HandlerContext<typeof createMessage>, "credential" | "requestHeaders"> {
  readonly body: { readonly model: string };
  readonly headers: Pick<Headers, "x-openclaw-agent-id" | "x-openclaw-agent" | "x-openclaw-model"> &
    Partial<Pick<Headers, "x-openclaw-session-key">>;
}

/** `metadata.user_id` selects no session: Claude Code sends whole conversations, several at once, under one id. */
export function findMessagesRoute(
  { body, headers, credential, requestHeaders }: Context,
  findRoute: FindRoute,
): Route {
  return findRoute({
    surface: "messages",
    credential: credential.name,
    agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
    model: body.model.replace(/\[1m\]$/i, ""),
    sessionKey: headers["x-openclaw-session-key"],
    user: undefined,
    headers: requestHeaders,
    backendModel: headers["x-openclaw-model"],
  });
}
