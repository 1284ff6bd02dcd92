/** Collects the metrics of a run and writes its log line. */
import { hasLoggableMessage, markLogged, type GatewayError } from "../lib/errors.ts";
import type { Compaction } from "./compaction.ts";
import { addUsage } from "./usage.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { EndReason, Run, RunEvent, Usage } from "./types.ts";

export interface RunMetrics {
  /** Records the time of the first output. Later calls change nothing. */
  recordFirstOutput(): void;
  recordStep(model: string, usage: Usage | undefined): void;
  /** Adds the usage of a compaction, and returns its event. */
  recordCompaction(compaction: Compaction): RunEvent;
  recordToolCalls(count: number): void;
  /** Records a failed model call, also one that is retried. */
  recordFailure(model: string, error: GatewayError): void;
  readonly usage: Usage | undefined;
  logRun(reason: EndReason, error: GatewayError | undefined): void;
}

/** A bug is an error, another failure a warning. A run that was aborted or limited has no error. */
function getLevel(error: GatewayError | undefined): "info" | "warn" | "error" {
  if (error === undefined) return "info";
  return error.code === "internal_error" ? "error" : "warn";
}

export function createRunMetrics(
  run: Run,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): RunMetrics {
  const startedAt = clock();
  const failures: string[] = [];
  let firstOutputAt: number | undefined;
  let model = run.models[0]?.ref;
  let usage: Usage | undefined;
  let toolCalls = 0;
  let compactions = 0;
  return {
    recordFirstOutput() {
      firstOutputAt ??= clock();
    },
    recordStep(ref, callUsage) {
      model = ref;
      usage = addUsage(usage, callUsage);
    },
    recordCompaction({ summary, usage: callUsage }) {
      usage = addUsage(usage, callUsage);
      compactions += 1;
      return { type: "compaction", summary };
    },
    recordToolCalls(count) {
      toolCalls += count;
    },
    recordFailure(ref, { code }) {
      model = ref;
      failures.push(`${ref} ${code}`);
      log.debug("model failed", { requestId: run.requestId, runId: run.id, model: ref, code });
    },
    get usage() {
      return usage;
    },
    logRun(reason, error) {
      const { requestId, id, credential, agent, sessionKey } = run;
      log[getLevel(error)]("run", {
        requestId,
        runId: id,
        credential,
        agent: agent.id,
        ...(sessionKey === undefined ? {} : { sessionKey }),
        model,
        ...(failures.length === 0 ? {} : { failures: failures.join(", ") }),
        ...(usage === undefined ? {} : { inputTokens: usage.input, outputTokens: usage.output }),
        ...(toolCalls === 0 ? {} : { toolCalls }),
        ...(compactions === 0 ? {} : { compactions }),
        outcome: error?.code ?? reason,
        ...(error !== undefined && hasLoggableMessage(error) ? { error: error.message } : {}),
        ...(error?.cause instanceof Error ? { cause: error.cause.stack ?? error.cause.message } : {}),
        ...(firstOutputAt === undefined ? {} : { firstMs: firstOutputAt - startedAt }),
        totalMs: clock() - startedAt,
      });
      if (error !== undefined) markLogged(error, requestId);
    },
  };
}
