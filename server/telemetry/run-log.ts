/** Writes the log line of each run. */
import type { ObservedRun, ObserveRun, RunEndObservation } from "../agent/run-observer.ts";
import { hasLoggableMessage, markLogged, type GatewayError } from "../lib/errors.ts";
import { computeCost } from "../lib/cost.ts";
import type { Log } from "../lib/ports.ts";

export const createRunLog =
  (log: Log): ObserveRun =>
  (run) => {
    const failures: string[] = [];
    let model = run.models[0]?.ref;
    let toolCalls = 0;
    let compactions = 0;
    let costUsd: number | undefined;
    return (observation) => {
      switch (observation.type) {
        case "model_call": {
          const { purpose, outcome, error, usage } = observation;
          const prices = run.models.find(({ ref }) => ref === observation.model)?.cost;
          if (prices !== undefined && usage !== undefined)
            costUsd = (costUsd ?? 0) + computeCost(prices, usage);
          if (purpose === "compaction") {
            if (outcome === "ok") compactions += 1;
            return;
          }
          if (outcome === "aborted") return;
          ({ model } = observation);
          if (error === undefined) return;
          failures.push(`${model} ${error.code}`);
          log.debug("model failed", { requestId: run.requestId, runId: run.id, model, code: error.code });
          return;
        }
        case "tool_call":
          toolCalls += 1;
          return;
        case "end":
          return writeLine(log, run, observation, { model, failures, toolCalls, compactions, costUsd });
        case "admitted":
        case "fallback":
      }
    };
  };

interface RunCounts {
  readonly model: string | undefined;
  readonly failures: readonly string[];
  readonly toolCalls: number;
  readonly compactions: number;
  /** By the configured prices. */
  readonly costUsd: number | undefined;
}

function writeLine(log: Log, run: ObservedRun, end: RunEndObservation, counts: RunCounts): void {
  const { requestId, id, trace, credential, agent, sessionKey, clientSession } = run;
  const { error, usage, startedAt, firstOutputAt, endedAt } = end;
  const { model, failures, toolCalls, compactions, costUsd } = counts;
  log[getLevel(error)]("run", {
    requestId,
    runId: id,
    ...(trace === undefined ? {} : { traceId: trace.traceId, spanId: trace.spanId }),
    credential,
    agent: agent.id,
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(clientSession === undefined ? {} : { clientSession }),
    model,
    ...(failures.length === 0 ? {} : { failures: failures.join(", ") }),
    ...(usage === undefined ? {} : { inputTokens: usage.input, outputTokens: usage.output }),
    // Sums of decimal fractions have long tails.
    ...(costUsd === undefined ? {} : { costUsd: Number(costUsd.toFixed(8)) }),
    ...(toolCalls === 0 ? {} : { toolCalls }),
    ...(compactions === 0 ? {} : { compactions }),
    outcome: error?.code ?? end.reason,
    ...(error !== undefined && hasLoggableMessage(error) ? { error: error.message } : {}),
    ...(error?.cause instanceof Error ? { cause: error.cause.stack ?? error.cause.message } : {}),
    ...(firstOutputAt === undefined ? {} : { firstMs: firstOutputAt - startedAt }),
    totalMs: endedAt - startedAt,
  });
  if (error !== undefined) markLogged(error, requestId);
}

/** A bug is an error, another failure a warning. A run that was aborted or limited has no error. */
function getLevel(error: GatewayError | undefined): "info" | "warn" | "error" {
  if (error === undefined) return "info";
  return error.code === "internal_error" ? "error" : "warn";
}
