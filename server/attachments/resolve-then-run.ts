/** Starts a run after the attachments of its turns are read. A rejected attachment throws a `GatewayError`. */
import type { RunEvent, Turn } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";
import type { ReadAttachments } from "./attachment.ts";
import { isResolved, resolveTurns, type UnresolvedTurn } from "./unresolved-turns.ts";

export function resolveThenRun(
  turns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
  run: (turns: readonly Turn[]) => AsyncIterable<RunEvent>,
): AsyncIterable<RunEvent> {
  return isResolved(turns) ? run(turns) : resolveFirst(turns, readAttachments, signal, run);
}

/** Reads inside the event stream, so that response headers do not wait for a slow server. */
async function* resolveFirst(
  unresolvedTurns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
  run: (turns: readonly Turn[]) => AsyncIterable<RunEvent>,
): AsyncGenerator<RunEvent> {
  let turns: readonly Turn[];
  try {
    turns = await resolveTurns(unresolvedTurns, readAttachments, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (signal.reason instanceof GatewayError) throw signal.reason;
    yield { type: "end", reason: "aborted", usage: undefined };
    return;
  }
  yield* run(turns);
}
