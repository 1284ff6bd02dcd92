/** Stores a row of usage for each model call, in batches. A run never waits for it. */
import type { ModelCallObservation, ObserveRun } from "../agent/run-observer.ts";
import type { Run } from "../agent/types.ts";
import type { Log } from "../lib/ports.ts";
import type { UsageRow, UsageStore } from "../lib/usage-store.ts";
import { splitModelRef } from "./model-ref.ts";
import { computeCallCost } from "./run-cost.ts";
import { toTokenCounts } from "./token-counts.ts";

export interface UsageRecorder {
  readonly observeRun: ObserveRun;
  add(row: UsageRow): void;
  /** Resolves when all rows so far are stored, or when the store has failed. */
  flush(): Promise<void>;
  readonly droppedCount: number;
}

/** The longest time that a row waits. A killed process loses the rows of this time. */
const maxDelayMs = 500;
/** Rows that are stored at once. Storing them takes about a millisecond. */
const batchSize = 25;
/** Rows that wait while the store fails. Beyond them the oldest are dropped. */
const maxWaiting = 20_000;

export function createUsageRecorder(store: UsageStore, log: Log): UsageRecorder {
  const waiting: UsageRow[] = [];
  let droppedCount = 0;
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> | undefined;

  const storeWaiting = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, batchSize);
        await store.add(batch);
        waiting.splice(0, batch.length);
      }
      if (hasFailed) log.info("usage is stored again", { dropped: droppedCount });
      hasFailed = false;
    } catch (error) {
      if (!hasFailed)
        log.warn("usage could not be stored", { waiting: waiting.length, cause: String(error) });
      hasFailed = true;
    } finally {
      work = undefined;
      if (waiting.length > 0) startTimer();
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    return (work ??= storeWaiting());
  };
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, maxDelayMs).unref();
  };
  const add = (row: UsageRow): void => {
    if (waiting.length >= maxWaiting) {
      // The first rows may be on their way to the store.
      waiting.splice(batchSize, 1);
      droppedCount += 1;
    }
    waiting.push(row);
    startTimer();
  };

  return {
    observeRun: (run) => (observation) => {
      if (observation.type === "model_call") add(toRow(run, observation));
    },
    add,
    flush,
    get droppedCount() {
      return droppedCount;
    },
  };
}

/** A conversation that its client keeps is no session, but its calls are counted together. */
const toClientSessionKey = ({ agent, clientSession }: Run): string | undefined =>
  clientSession === undefined ? undefined : `agent:${agent.id}:client:${clientSession}`;

function toRow(run: Run, call: ModelCallObservation): UsageRow {
  const { startedAt, firstEventAt, endedAt, usage } = call;
  return {
    at: endedAt,
    requestId: run.requestId,
    runId: run.id,
    credential: run.credential,
    agentId: run.agent.id,
    sessionKey: run.sessionKey ?? toClientSessionKey(run),
    ...splitModelRef(call.model),
    outcome: call.outcome,
    code: call.error?.code,
    tokens: usage && toTokenCounts(usage),
    costMicroUsd: computeCallCost(run, call.model, usage),
    durationMs: Math.max(0, endedAt - startedAt),
    firstTokenMs: firstEventAt === undefined ? undefined : Math.max(0, firstEventAt - startedAt),
  };
}
