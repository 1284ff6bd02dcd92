/**
 * What observers learn about a run: times, counts and outcomes, no content, and nothing for each token. The log, metrics, usage,
 * traces and the audit log are observers.
 */
import type { GatewayError } from "../lib/errors.ts";
import type { EndReason, Run, Usage } from "./types.ts";

/** Called once for each run that begins. */
export type ObserveRun = (run: Run) => RunObserver;

/** Takes the observations of one run. `end` is the last one. */
export type RunObserver = (observation: RunObservation) => void;

/** All times are milliseconds since the epoch. */
export type RunObservation =
  /** The run has its session and its run slot. */
  | { readonly type: "admitted"; readonly at: number }
  | ModelCallObservation
  | ToolCallObservation
  | { readonly type: "fallback"; readonly from: string; readonly to: string; readonly error: GatewayError }
  | RunEndObservation;

/** One call of one model has ended. */
export interface ModelCallObservation {
  readonly type: "model_call";
  /** `<provider>/<id>`. */
  readonly model: string;
  /** A step of the run, or the summary of a compaction. */
  readonly purpose: "step" | "compaction";
  readonly startedAt: number;
  /** When the first event came. Absent if none came. */
  readonly firstEventAt?: number | undefined;
  readonly endedAt: number;
  readonly outcome: "ok" | "error" | "aborted";
  /** Absent when the provider reported none, for instance because the call was cut. */
  readonly usage: Usage | undefined;
  readonly error?: GatewayError | undefined;
}

/** One call of one of the agent's own tools has ended. */
export interface ToolCallObservation {
  readonly type: "tool_call";
  readonly callId: string;
  /** Undefined when the model named a tool that it was not offered. */
  readonly tool: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  /** `rejected`: the call was not run. */
  readonly outcome: "ok" | "error" | "rejected";
}

export interface RunEndObservation {
  readonly type: "end";
  readonly startedAt: number;
  /** When the caller got its first output. */
  readonly firstOutputAt: number | undefined;
  readonly endedAt: number;
  readonly reason: EndReason;
  readonly error: GatewayError | undefined;
  readonly usage: Usage | undefined;
}
