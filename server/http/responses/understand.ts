/** All that has to be known before a run begins: its agent, its conversation, and what is asked of it. */
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { FindRoute, Route } from "../../agent/route.ts";
import type { ResponseStore } from "../../agent/sessions/responses.ts";
import type { Turn } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { Incoming } from "../handler.ts";
import type { Unseal } from "./items.ts";
import { createFindItem, findPrevious } from "./previous.ts";
import { resolveReferences, type GivenItem } from "./references.ts";
import { inputItems, readResponseRequest, type AskedResponse } from "./request.ts";

/** What the door hands over, whichever it is. */
export type ResponseCall = Pick<Incoming<typeof createResponse>, "body" | "headers" | "credential">;

interface UnderstandParts {
  readonly findRoute: FindRoute;
  readonly store: Pick<ResponseStore, "chain" | "get" | "input">;
  readonly unseal: Unseal;
  /** Where a response is continued, nothing new has to be sent. */
  readonly inputOptional?: boolean;
}

export interface Understood {
  readonly route: Route;
  readonly asked: AskedResponse;
  /** The input, none of it a reference any more. */
  readonly items: readonly GivenItem[];
  /** The turns before it, and the response that they are of. */
  readonly earlier: readonly Turn[];
  readonly previousId: string | undefined;
}

export async function understand(
  { body, headers, credential }: ResponseCall,
  { findRoute, store, unseal, inputOptional = false }: UnderstandParts,
): Promise<Understood> {
  const sessionKey = headers["x-openclaw-session-key"];
  // Null and "" say the same as leaving it out.
  const previousId = body.previous_response_id || undefined;
  if (sessionKey !== undefined && previousId !== undefined) throw twoConversations();
  const route = findRoute({
    surface: "responses",
    credential: credential.name,
    agentId: headers["x-openclaw-agent-id"] ?? headers["x-openclaw-agent"],
    model: body.model ?? undefined,
    sessionKey,
    user: previousId === undefined ? (body.user ?? undefined) : undefined,
    backendModel: headers["x-openclaw-model"],
  });
  const nothingNew = inputOptional && previousId !== undefined && (body.input ?? undefined) === undefined;
  const given = nothingNew ? [] : inputItems(body.input);
  const items = await resolveReferences(given, createFindItem(store, credential.name));
  const asked = readResponseRequest(body, items, unseal);
  if (previousId === undefined) return { route, asked, items, earlier: [], previousId };
  const owner = { agentId: route.agent.id, credential: credential.name };
  const previous = await findPrevious(store, previousId, owner);
  if (previous.sessionKey === undefined) return { route, asked, items, earlier: previous.turns, previousId };
  // A session has a transcript of its own, which goes on whichever of its responses is continued.
  return { route: { ...route, sessionKey: previous.sessionKey }, asked, items, earlier: [], previousId };
}

function twoConversations(): GatewayError {
  const param = "previous_response_id";
  return new GatewayError(
    "invalid_value",
    `${param}: the request names a conversation twice; send this or x-openclaw-session-key`,
    { param },
  );
}
