/** The conversation of one run: the request's own turns, or a stored session that the run holds for its time. */
import { summaryTurn } from "../compaction.ts";
import type { HiddenTurns } from "../hidden-turns.ts";
import type { Run, Turn } from "../types.ts";
import type { Entry, SessionLease, SessionStore } from "./store.ts";
import { continueTranscript, isMadeUp, pairCalls } from "./transcript.ts";

export interface Conversation {
  /** Every turn so far, as a provider may be given them. */
  readonly turns: readonly Turn[];
  /** Name of the credential that the session belongs to, where there is one. */
  readonly owner: string | undefined;
  /** Makes what is new durable. Before this nothing has been written. */
  begin(): Promise<void>;
  /** Adds a turn; durable when it resolves, where the conversation is stored. */
  add(turn: Turn): Promise<void>;
  /** Puts a summary in the place of all turns but the last `kept`. */
  compact(summary: string, kept: number): Promise<void>;
  /** Gives the session back. */
  close(): Promise<void>;
}

/** Resolves when the session, if the run has one, is this run's alone. */
export async function openConversation(
  run: Run,
  store: SessionStore,
  hidden: HiddenTurns,
): Promise<Conversation> {
  const { sessionKey } = run;
  if (sessionKey === undefined) return ephemeral(run, hidden);
  const lease = await store.acquire(sessionKey, { agentId: run.agent.id, credential: run.credential });
  try {
    return stored(run, lease);
  } catch (error) {
    await lease.release();
    throw error;
  }
}

function ephemeral(run: Run, hidden: HiddenTurns): Conversation {
  const sent = hidden.restore(run);
  const turns = [...pairCalls(sent.turns, 0, sent.params)];
  const made: Turn[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    turns,
    owner: undefined,
    begin: nothing,
    add(turn) {
      turns.push(turn);
      made.push(turn);
      return run.journal?.add(turn) ?? nothing();
    },
    compact(summary, kept) {
      replaceOldest(turns, summary, kept);
      return run.journal?.replace(turns) ?? nothing();
    },
    close() {
      hidden.keep(run, made);
      return nothing();
    },
  };
}

function stored(run: Run, lease: SessionLease): Conversation {
  const { kept, rewindTo, added, addedFrom } = continueTranscript(lease.entries, run.turns, run.turnsParam);
  const turns = [...pairCalls([...kept, ...added], kept.length, run.turnParams.slice(addedFrom))];
  const asEntry = (turn: Turn): Entry => ({ kind: "turn", runId: run.id, turn });
  const rewind: readonly Entry[] =
    rewindTo === undefined ? [] : [{ kind: "rewind", runId: run.id, to: rewindTo }];
  return {
    turns,
    owner: lease.credential,
    begin: () => lease.append([...rewind, ...added.map(asEntry)]),
    close: () => lease.release(),
    async add(turn) {
      turns.push(turn);
      await lease.append([asEntry(turn)]);
    },
    async compact(summary, keptTurns) {
      replaceOldest(turns, summary, keptTurns);
      // Results that were made up for calls without one are not stored.
      const storedTurns = turns.slice(1).filter((turn) => !isMadeUp(turn)).length;
      await lease.append([{ kind: "compaction", runId: run.id, summary, kept: storedTurns }]);
    },
  };
}

function replaceOldest(turns: Turn[], summary: string, kept: number): void {
  turns.splice(0, turns.length - kept, summaryTurn(summary));
}
