/** Stores a row of usage for each model call, in batches. A run never waits for it. */
import type { ModelCallObservation, ObservedRun, ObserveRun } from "../agent/run-observer.ts";
import type { Log } from "../lib/ports.ts";
import type { UsageRow, UsageStore } from "../lib/usage-store.ts";
import { createBatchWriter } from "./batch-writer.ts";
import { splitModelRef } from "./model-ref.ts";
import { computeCallCost } from "./run-cost.ts";
import { toTokenCounts } from "./token-counts.ts";

export interface UsageRecorder {
  readonly observeRun: ObserveRun;
  /** Resolves when all rows so far are stored, or when the store has failed. */
  flush(): Promise<void>;
  readonly droppedCount: number;
}

export function createUsageRecorder(store: UsageStore, log: Log): UsageRecorder {
  const writer = createBatchWriter<UsageRow>("usage", store.add, log);
  return {
    observeRun: (run) => (observation) => {
      if (observation.type === "model_call") writer.add(toRow(run, observation));
    },
    flush: writer.flush,
    get droppedCount() {
      return writer.droppedCount;
    },
  };
}

/** A conversation that its client keeps is no session, but its calls are counted together. */
const toClientSessionKey = ({ agent, clientSession }: ObservedRun): string | undefined =>
  clientSession === undefined ? undefined : `agent:${agent.id}:client:${clientSession}`;

function toRow(run: ObservedRun, call: ModelCallObservation): UsageRow {
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
