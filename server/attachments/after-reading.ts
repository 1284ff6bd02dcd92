/** A run whose turns hold attachments begins when they are read; a refusal is thrown, as any other of the request. */
import type { RunEvent, Turn } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";
import type { ReadAttachments } from "./attachment.ts";
import { isRead, readTurns, type UnreadTurn } from "./unread.ts";

export function afterReading(
  turns: readonly UnreadTurn[],
  read: ReadAttachments,
  signal: AbortSignal,
  begin: (turns: readonly Turn[]) => AsyncIterable<RunEvent>,
): AsyncIterable<RunEvent> {
  return isRead(turns) ? begin(turns) : readThenBegin(turns, read, signal, begin);
}

/** Reading belongs to the events: the headers of a stream do not wait for a slow server. */
async function* readThenBegin(
  unread: readonly UnreadTurn[],
  read: ReadAttachments,
  signal: AbortSignal,
  begin: (turns: readonly Turn[]) => AsyncIterable<RunEvent>,
): AsyncGenerator<RunEvent> {
  let turns: readonly Turn[];
  try {
    turns = await readTurns(unread, read, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    if (signal.reason instanceof GatewayError) throw signal.reason;
    yield { type: "end", reason: "aborted", usage: undefined };
    return;
  }
  yield* begin(turns);
}
