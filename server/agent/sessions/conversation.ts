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
  /** Lets the next run of the session in. */
  close(): Promise<void>;
}

export interface SessionParts {
  readonly store: SessionStore;
  /** One run at a time a session, in the order of asking. */
  readonly enterLane: (key: string, signal: AbortSignal) => Promise<() => void>;
  /** Told when a lease could not be given back. */
  readonly onReleaseFailure: (error: unknown) => void;
}

export async function openConversation(
  run: Run,
  parts: SessionParts,
  signal: AbortSignal,
): Promise<Conversation> {
  const { sessionKey } = run;
  if (sessionKey === undefined) return ephemeral(run);
  const leaveLane = await parts.enterLane(sessionKey, signal);
  const owner = { agentId: run.agent.id, credential: run.credential };
  const lease = await parts.store.acquire(sessionKey, owner).catch((error: unknown) => {
    leaveLane();
    throw error;
  });
  const close = async (): Promise<void> => {
    await lease.release().catch(parts.onReleaseFailure);
    leaveLane();
  };
  try {
    return { ...stored(run, lease), close };
  } catch (error) {
    await close();
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

function stored(run: Run, lease: SessionLease): Omit<Conversation, "close"> {
  const { kept, rewindTo, added, addedFrom } = continueTranscript(lease.entries, run.turns, run.turnsParam);
  const turns = [...pairCalls([...kept, ...added], kept.length, run.turnParams.slice(addedFrom))];
  const asEntry = (turn: Turn): Entry => ({ kind: "turn", runId: run.id, turn });
  const rewind: readonly Entry[] =
    rewindTo === undefined ? [] : [{ kind: "rewind", runId: run.id, to: rewindTo }];
  return {
    turns,
    begin: () => lease.append([...rewind, ...added.map(asEntry)]),
    add: async (turn) => {
      turns.push(turn);
      await lease.append([asEntry(turn)]);
    },
  };
}
