/** Loads the whole conversation of a request that starts no run: its history, then its input. */
import { pairCalls } from "../../agent/sessions/transcript.ts";
import type { ConversationStore } from "../../agent/sessions/conversations.ts";
import type { Turn } from "../../agent/types.ts";
import type { ReadAttachmentsOf } from "../../attachments/attachment.ts";
import { isResolved, resolveTurns } from "../../attachments/unresolved-turns.ts";
import { GatewayError } from "../../lib/errors.ts";
import { prependHistory } from "./previous-response.ts";
import type { ResolvedRequest } from "./resolve-request.ts";

interface LoadDeps {
  readonly readAttachments: ReadAttachmentsOf;
  readonly conversations: Pick<ConversationStore, "visibleTurns">;
}

export async function loadConversation(
  { route, run, history, conversation, credential }: ResolvedRequest,
  { readAttachments, conversations }: LoadDeps,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  if (route.sessionKey !== undefined && conversation === undefined) throw createSessionResponseError();
  const newTurns = isResolved(run.turns)
    ? run.turns
    : await resolveTurns(run.turns, readAttachments(credential), signal);
  const storedTurns =
    conversation === undefined ? [] : await conversations.visibleTurns(conversation.sessionId);
  const earlier = [...history.earlier, ...storedTurns.map(({ turn }) => turn)];
  const { turns, turnParams } = prependHistory({ ...history, earlier }, newTurns, run.turnParams);
  return pairCalls(turns, { paramsStart: 0, params: turnParams, acceptsLateResults: true });
}

function createSessionResponseError(): GatewayError {
  const param = "previous_response_id";
  return new GatewayError(
    "invalid_value",
    `${param}: the response belongs to a session, which keeps and shortens its conversation itself; send the items`,
    { param },
  );
}
