/** The conversation of one run: the turns of its request, or a stored session that the run leases. */
import { createSummaryTurn } from "../compaction.ts";
import type { EphemeralToolHistory } from "../ephemeral-tool-history.ts";
import type { EndReason, Run, Turn } from "../types.ts";
import type { Entry, SessionStore } from "./store.ts";
import { createSystemEventTurn } from "./system-events.ts";
import { continueConversation, continueTranscript, isPlaceholderResult, pairCalls } from "./transcript.ts";

export interface Conversation {
  /** All turns so far, in a form that providers accept. */
  readonly turns: readonly Turn[];
  /** True when it has turns of earlier requests that the caller has not sent again. */
  readonly isContinued: boolean;
  /** Name of the credential that owns the session. Absent for an ephemeral run. */
  readonly owner: string | undefined;
  /** Adds a turn. A stored conversation has it on disk when this resolves. */
  add(turn: Turn): Promise<void>;
  /** Like `add`, for the last turn of the run. Releases the lease of the session too, in the same commit. */
  addLast(turn: Turn): Promise<void>;
  /** Call this after the last turn of a run that has not failed. Stores what only a complete run leaves. */
  complete(reason: EndReason): Promise<void>;
  /** Replaces all turns but the last `keptCount` with a summary. */
  compact(summary: string, keptCount: number): Promise<void>;
  /** Releases the lease of the session. */
  close(): Promise<void>;
}

/** Opens the conversation. A session of the run is leased and has the new turns of the request when this resolves. */
export async function openConversation(
  run: Run,
  store: SessionStore,
  toolHistory: EphemeralToolHistory,
): Promise<Conversation> {
  const { sessionKey } = run;
  if (sessionKey === undefined) return openEphemeral(run, toolHistory);
  return openStored(run, sessionKey, store);
}

async function openEphemeral(run: Run, toolHistory: EphemeralToolHistory): Promise<Conversation> {
  const { acceptsLateResults = false } = run;
  const restoring = toolHistory.restore(run);
  const restored = restoring instanceof Promise ? await restoring : restoring;
  const turns = [
    ...pairCalls(restored.turns, { paramsStart: 0, params: restored.params, acceptsLateResults }),
  ];
  const newTurns: Turn[] = [];
  const resolveNow = (): Promise<void> => Promise.resolve();
  const add = (turn: Turn): Promise<void> => {
    turns.push(turn);
    newTurns.push(turn);
    return run.journal?.add(turn) ?? resolveNow();
  };
  return {
    turns,
    isContinued: (run.earlierCount ?? 0) > 0,
    owner: undefined,
    add,
    addLast: add,
    complete: resolveNow,
    compact(summary, keptCount) {
      replaceOldest(turns, summary, keptCount);
      return run.journal?.replace(turns) ?? resolveNow();
    },
    close() {
      return toolHistory.save(run, newTurns) ?? resolveNow();
    },
  };
}

async function openStored(run: Run, sessionKey: string, store: SessionStore): Promise<Conversation> {
  const { acceptsLateResults = false, itemRecord } = run;
  const continueStored = itemRecord === undefined ? continueTranscript : continueConversation;
  /** Where a failed run of OpenAI's conversations leaves the transcript. */
  let startSeq = 0;
  let turns: Turn[] = [];
  let isContinued = false;
  const toTurnEntry = (turn: Turn): Entry => ({ kind: "turn", runId: run.id, turn });
  const owner = { agentId: run.agent.id, credential: run.credential, label: run.sessionLabel };
  const lease = await store.acquire(
    sessionKey,
    owner,
    (entries, pending) => {
      const { baseTurns, rewindTo, newTurns, newTurnsStart, replacedSystemEvents } = continueStored(
        entries,
        run.turns,
        run.turnsParam,
      );
      startSeq = rewindTo ?? entries.at(-1)?.seq ?? 0;
      const params = run.turnParams.slice(newTurnsStart);
      isContinued = baseTurns.length > 0;
      const pairOptions = { paramsStart: baseTurns.length, params, acceptsLateResults };
      // The store can call this again: see `Transactions.write`.
      turns = [...pairCalls([...baseTurns, ...newTurns], pairOptions)];
      const systemEvents = [
        ...replacedSystemEvents,
        ...(pending.length === 0 ? [] : [createSystemEventTurn(pending)]),
      ];
      if (systemEvents.length > 0) insertSystemEvents(turns, systemEvents, newTurns);
      const addedTurns = new Set([...systemEvents, ...newTurns]);
      const newEntries = turns.filter((turn) => addedTurns.has(turn)).map(toTurnEntry);
      return rewindTo === undefined
        ? newEntries
        : [{ kind: "rewind", runId: run.id, to: rewindTo }, ...newEntries];
    },
    { signal: run.signal, maxWaitMs: run.agent.timeoutSeconds * 1_000, takesSystemEvents: true },
  );
  let isReleased = false;
  const add = async (turn: Turn): Promise<void> => {
    turns.push(turn);
    await lease.append([toTurnEntry(turn)]);
  };
  const releaseWith = async (entries: readonly Entry[]): Promise<void> => {
    await lease.release(entries);
    isReleased = true;
  };
  return {
    turns,
    isContinued,
    owner: lease.credential,
    async close() {
      if (isReleased) return;
      await lease.release(itemRecord === undefined ? [] : [{ kind: "rewind", runId: run.id, to: startSeq }]);
    },
    add,
    async addLast(turn) {
      if (itemRecord !== undefined) return add(turn);
      turns.push(turn);
      await releaseWith([toTurnEntry(turn)]);
    },
    async complete(reason) {
      if (itemRecord === undefined) return;
      await releaseWith(itemRecord.createEntries(reason));
    },
    async compact(summary, keptCount) {
      replaceOldest(turns, summary, keptCount);
      // Placeholder results are not stored.
      const storedCount = turns.slice(1).filter((turn) => !isPlaceholderResult(turn)).length;
      await lease.append([{ kind: "compaction", runId: run.id, summary, kept: storedCount }]);
    },
  };
}

/** Inserts the system events before the last question. Without a question they are last, because results follow their calls. */
function insertSystemEvents(turns: Turn[], systemEvents: readonly Turn[], newTurns: readonly Turn[]): void {
  const lastAnswer = turns.findLastIndex(({ role }) => role === "assistant");
  const question = turns.findIndex(
    (turn, index) => index > lastAnswer && turn.role !== "tool" && newTurns.includes(turn),
  );
  turns.splice(question === -1 ? turns.length : question, 0, ...systemEvents);
}

function replaceOldest(turns: Turn[], summary: string, keptCount: number): void {
  turns.splice(0, turns.length - keptCount, createSummaryTurn(summary));
}
