/** Sums up the usage of a run and tells its observers what happens in it. */
import type { GatewayError } from "../lib/errors.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type {
  ModelCallObservation,
  ObservedRun,
  ObserveRun,
  RunObservation,
  ToolCallObservation,
} from "./run-observer.ts";
import type { EndReason, Usage } from "./types.ts";
import { addUsage } from "./usage.ts";

export interface RunRecorder {
  readonly clock: Clock;
  recordAdmission(): void;
  /** Records the time of the first output. Later calls change nothing. */
  recordFirstOutput(): void;
  recordModelCall(call: Omit<ModelCallObservation, "type" | "endedAt">): void;
  recordToolCall(call: Omit<ToolCallObservation, "type" | "endedAt">): void;
  recordFallback(from: string, to: string, error: GatewayError): void;
  recordEnd(reason: EndReason, error: GatewayError | undefined): void;
  /** Returns the sum over all model calls so far. */
  getUsage(): Usage | undefined;
}

export interface RunRecorderDeps {
  readonly observers: readonly ObserveRun[];
  readonly clock: Clock;
  readonly log: Log;
}

export function createRunRecorder(run: ObservedRun, { observers, clock, log }: RunRecorderDeps): RunRecorder {
  const startedAt = clock();
  const runObservers = observers.map((observeRun) => observeRun(run));
  let firstOutputAt: number | undefined;
  let usage: Usage | undefined;

  const observe = (observation: RunObservation): void => {
    for (const observer of runObservers) {
      try {
        observer(observation);
      } catch (error) {
        // An observer that fails must not end the run that it observes.
        log.error("an observer of runs failed", {
          runId: run.id,
          cause: error instanceof Error ? error.stack : String(error),
        });
      }
    }
  };
  return {
    clock,
    recordAdmission: () => observe({ type: "admitted", at: clock() }),
    recordFirstOutput() {
      firstOutputAt ??= clock();
    },
    recordModelCall(call) {
      usage = addUsage(usage, call.usage);
      observe({ type: "model_call", ...call, endedAt: clock() });
    },
    recordToolCall: (call) => observe({ type: "tool_call", ...call, endedAt: clock() }),
    recordFallback: (from, to, error) => observe({ type: "fallback", from, to, error, at: clock() }),
    recordEnd: (reason, error) =>
      observe({ type: "end", startedAt, firstOutputAt, endedAt: clock(), reason, error, usage }),
    getUsage: () => usage,
  };
}
