/** The conversation of one run: the turns of its request, or a stored session that the run leases. */
import { createSummaryTurn } from "../compaction.ts";
import type { EphemeralToolHistory } from "../ephemeral-tool-history.ts";
import type { Run, Turn } from "../types.ts";
import type { Entry, SessionLease, SessionStore } from "./store.ts";
import { continueTranscript, isPlaceholderResult, pairCalls } from "./transcript.ts";

export interface Conversation {
  /** All turns so far, in a form that providers accept. */
  readonly turns: readonly Turn[];
  /** Name of the credential that owns the session. Absent for an ephemeral run. */
  readonly owner: string | undefined;
  /** Stores the new turns of the request. Nothing is written before. */
  begin(): Promise<void>;
  /** Adds a turn. A stored conversation has it on disk when this resolves. */
  add(turn: Turn): Promise<void>;
  /** Replaces all turns but the last `keptCount` with a summary. */
  compact(summary: string, keptCount: number): Promise<void>;
  /** Releases the lease of the session. */
  close(): Promise<void>;
}

/** Opens the conversation. A session of the run is leased when this resolves. */
export async function openConversation(
  run: Run,
  store: SessionStore,
  toolHistory: EphemeralToolHistory,
): Promise<Conversation> {
  const { sessionKey } = run;
  if (sessionKey === undefined) return openEphemeral(run, toolHistory);
  const lease = await store.acquire(sessionKey, { agentId: run.agent.id, credential: run.credential });
  try {
    return openStored(run, lease);
  } catch (error) {
    await lease.release();
    throw error;
  }
}

function openEphemeral(run: Run, toolHistory: EphemeralToolHistory): Conversation {
  const restored = toolHistory.restore(run);
  const turns = [...pairCalls(restored.turns, 0, restored.params)];
  const newTurns: Turn[] = [];
  const resolveNow = (): Promise<void> => Promise.resolve();
  return {
    turns,
    owner: undefined,
    begin: resolveNow,
    add(turn) {
      turns.push(turn);
      newTurns.push(turn);
      return run.journal?.add(turn) ?? resolveNow();
    },
    compact(summary, keptCount) {
      replaceOldest(turns, summary, keptCount);
      return run.journal?.replace(turns) ?? resolveNow();
    },
    close() {
      toolHistory.save(run, newTurns);
      return resolveNow();
    },
  };
}

function openStored(run: Run, lease: SessionLease): Conversation {
  const { baseTurns, rewindTo, newTurns, newTurnsStart } = continueTranscript(
    lease.entries,
    run.turns,
    run.turnsParam,
  );
  const turns = [
    ...pairCalls([...baseTurns, ...newTurns], baseTurns.length, run.turnParams.slice(newTurnsStart)),
  ];
  const toTurnEntry = (turn: Turn): Entry => ({ kind: "turn", runId: run.id, turn });
  const rewindEntries: readonly Entry[] =
    rewindTo === undefined ? [] : [{ kind: "rewind", runId: run.id, to: rewindTo }];
  return {
    turns,
    owner: lease.credential,
    begin: () => lease.append([...rewindEntries, ...newTurns.map(toTurnEntry)]),
    close: () => lease.release(),
    async add(turn) {
      turns.push(turn);
      await lease.append([toTurnEntry(turn)]);
    },
    async compact(summary, keptCount) {
      replaceOldest(turns, summary, keptCount);
      // Placeholder results are not stored.
      const storedCount = turns.slice(1).filter((turn) => !isPlaceholderResult(turn)).length;
      await lease.append([{ kind: "compaction", runId: run.id, summary, kept: storedCount }]);
    },
  };
}

function replaceOldest(turns: Turn[], summary: string, keptCount: number): void {
  turns.splice(0, turns.length - keptCount, createSummaryTurn(summary));
}
