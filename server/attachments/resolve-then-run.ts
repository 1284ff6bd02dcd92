/** Starts a run after the attachments of its turns are read. A rejected attachment rejects with a `GatewayError`. */
import type { RunSink, StartRun, Turn } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";
import type { ReadAttachments } from "./attachment.ts";
import { isResolved, resolveTurns, type UnresolvedTurn } from "./unresolved-turns.ts";

type RunTurns = (turns: readonly Turn[], sink: RunSink) => Promise<void>;

/** Attachments are read inside the run, so that response headers do not wait for a slow server. */
export function resolveThenRun(
  turns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
  run: RunTurns,
): StartRun {
  return isResolved(turns)
    ? (sink) => run(turns, sink)
    : (sink) => resolveFirst(turns, readAttachments, signal, run, sink);
}

async function resolveFirst(
  unresolvedTurns: readonly UnresolvedTurn[],
  readAttachments: ReadAttachments,
  signal: AbortSignal,
  run: RunTurns,
  sink: RunSink,
): Promise<void> {
  let turns: readonly Turn[];
  try {
    turns = await resolveTurns(unresolvedTurns, readAttachments, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (signal.reason instanceof GatewayError) throw signal.reason;
    sink.emit({ type: "end", reason: "aborted", usage: undefined });
    return;
  }
  await run(turns, sink);
}
