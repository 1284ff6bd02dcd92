/** All that has to be known before a run begins: its agent, its conversation, and what is asked of it. */
import type { createResponse } from "../../../contracts/http/responses/endpoint.ts";
import type { FindRoute, Route } from "../../agent/route.ts";
import type { ChainEntry } from "../../agent/sessions/responses.ts";
import type { Turn } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { Incoming } from "../handler.ts";
import type { Unseal } from "./items.ts";
import { createFindItem, findPrevious, type FindResponses } from "./previous.ts";
import { resolveReferences, type GivenItem } from "./references.ts";
import { inputItems, joinInstructions, readResponseRequest, type AskedResponse } from "./request.ts";

/** What the door hands over, whichever it is. */
export type ResponseCall = Pick<Incoming<typeof createResponse>, "body" | "headers" | "credential">;

interface UnderstandParts {
  readonly findRoute: FindRoute;
  readonly store: FindResponses;
  readonly unseal: Unseal;
  /** Where a response is continued, nothing new has to be sent. */
  readonly inputOptional?: boolean;
}

export interface Understood {
  readonly route: Route;
  readonly asked: AskedResponse;
  /** The input, none of it a reference any more. */
  readonly items: readonly GivenItem[];
  /** The turns before it, and the instructions that stood among them; `asked` has these too. */
  readonly earlier: readonly Turn[];
  readonly carried: readonly string[];
  /** The stored response that they are of: beside it only what is new has to be kept. */
  readonly previousId: string | undefined;
  /** Of what came before it, that which has to be kept with what is new. */
  readonly inherited: readonly ChainEntry[];
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
  const fresh = { route, asked, items, earlier: [], carried: [], previousId: undefined, inherited: [] };
  if (previousId === undefined) return fresh;
  const owner = { agentId: route.agent.id, credential: credential.name };
  const previous = await findPrevious(store, previousId, owner);
  const { turns: before, sessionKey: itsSession, fleeting = false } = previous;
  const stored = fleeting ? fresh : { ...fresh, previousId };
  // A session has a transcript of its own, which goes on whichever of its responses is continued.
  if (itsSession !== undefined) return { ...stored, route: { ...route, sessionKey: itsSession } };
  const carried = before.filter((entry) => entry.role === "instructions").map(({ text }) => text);
  const instructions = joinInstructions([body.instructions ?? "", ...carried, ...asked.given]);
  return {
    ...stored,
    asked: { ...asked, instructions },
    earlier: before.filter((entry) => entry.role !== "instructions"),
    carried,
    inherited: fleeting || body.store === false ? before : [],
  };
}

function twoConversations(): GatewayError {
  const param = "previous_response_id";
  return new GatewayError(
    "invalid_value",
    `${param}: the request names a conversation twice; send this or x-openclaw-session-key`,
    { param },
  );
}
