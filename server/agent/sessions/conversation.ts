/** The conversation of one run: the request's own turns, or a stored session that the run holds for its time. */
import type { Run, Turn } from "../types.ts";
import type { Entry, SessionLease, SessionStore } from "./store.ts";
import { continueTranscript, pairCalls } from "./transcript.ts";

export interface Conversation {
  /** Every turn so far, as a provider may be given them. */
  readonly turns: readonly Turn[];
  /** Makes what is new durable. Before this nothing has been written. */
  begin(): Promise<void>;
  /** Adds a turn; durable when it resolves, where the conversation is stored. */
  add(turn: Turn): Promise<void>;
  /** Gives the session back. */
  close(): Promise<void>;
}

/** Resolves when the session, if the run has one, is this run's alone. */
export async function openConversation(run: Run, store: SessionStore): Promise<Conversation> {
  const { sessionKey } = run;
  if (sessionKey === undefined) return ephemeral(run);
  const lease = await store.acquire(sessionKey, { agentId: run.agent.id, credential: run.credential });
  try {
    return stored(run, lease);
  } catch (error) {
    await lease.release();
    throw error;
  }
}

function ephemeral(run: Run): Conversation {
  const turns = [...pairCalls(run.turns, 0, run.turnParams)];
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    turns,
    begin: nothing,
    close: nothing,
    add: (turn) => {
      turns.push(turn);
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
    begin: () => lease.append([...rewind, ...added.map(asEntry)]),
    close: () => lease.release(),
    add: async (turn) => {
      turns.push(turn);
      await lease.append([asEntry(turn)]);
    },
  };
}
