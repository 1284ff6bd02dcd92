/** The conversation of a request that begins no run: what came before it, and what it sends. */
import { pairCalls } from "../../agent/sessions/transcript.ts";
import type { Turn } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { ReadAttachments } from "../../attachments/attachment.ts";
import { isRead, readTurns } from "../../attachments/unread.ts";
import type { Understood } from "./understand.ts";

export async function wholeConversation(
  { route, asked, earlier }: Understood,
  readAttachments: ReadAttachments,
  signal: AbortSignal,
): Promise<readonly Turn[]> {
  if (route.sessionKey !== undefined) throw ofSession();
  const { turns: unread, turnParams } = asked;
  const turns = isRead(unread) ? unread : await readTurns(unread, readAttachments, signal);
  const params = [...earlier.map(() => "previous_response_id"), ...turnParams];
  return pairCalls([...earlier, ...turns], 0, params);
}

function ofSession(): GatewayError {
  const param = "previous_response_id";
  return new GatewayError(
    "invalid_value",
    `${param}: the response belongs to a session, which keeps and shortens its conversation itself; send the items`,
    { param },
  );
}
