/**
 * What observers learn about a run: times, counts and outcomes, and nothing for each token. Content is read only by an
 * observer that is configured to record it. The log, metrics, usage, traces and the audit log are observers.
 */
import type { GatewayError } from "../lib/errors.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import type { EndReason, FinishReason, NamedModel, Run, ToolOutput, Turn, Usage } from "./types.ts";

/** A run, or the caller of a model call outside of a run. */
export type ObservedRun = Pick<
  Run,
  "requestId" | "credential" | "agent" | "sessionKey" | "clientSession" | "trace"
> & {
  /** Undefined for a call outside of a run. */
  readonly id: string | undefined;
  readonly models: readonly Pick<NamedModel, "ref" | "cost">[];
} & Partial<Pick<Run, "sampling" | "maxOutputTokens" | "stop" | "thinking" | "stream">>;

/** Called once for each run that begins. */
export type ObserveRun = (run: ObservedRun) => RunObserver;

/** Takes the observations of one run. `end` is the last one. */
export type RunObserver = (observation: RunObservation) => void;

/** All times are milliseconds since the epoch. */
export type RunObservation =
  /** The run has its session and its run slot. */
  | { readonly type: "admitted"; readonly at: number }
  | ModelCallObservation
  | ToolCallObservation
  | {
      readonly type: "fallback";
      readonly from: string;
      readonly to: string;
      readonly error: GatewayError;
      readonly at: number;
    }
  | RunEndObservation;

/** One call of one model has ended. */
export interface ModelCallObservation {
  readonly type: "model_call";
  /** `<provider>/<id>`. */
  readonly model: string;
  /** A step of the run, the summary of a compaction, or an embedding. */
  readonly purpose: "step" | "compaction" | "embedding";
  readonly startedAt: number;
  /** When the first event came. Absent if none came. */
  readonly firstEventAt?: number | undefined;
  readonly endedAt: number;
  readonly outcome: "ok" | "error" | "aborted";
  /** Absent when the provider reported none, for instance because the call was cut. */
  readonly usage: Usage | undefined;
  readonly error?: GatewayError | undefined;
  readonly finishReason?: FinishReason | undefined;
  /** Undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  /** For an observer that is configured to record content. */
  readonly getContent?: () => ModelCallContent;
}

export interface ModelCallContent {
  readonly system: string;
  readonly turns: readonly Turn[];
  /** Undefined when the model has written nothing. */
  readonly answer: Turn | undefined;
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
  /** Undefined while traces are off. */
  readonly trace?: TraceContext | undefined;
  /** For an observer that is configured to record content. */
  readonly getContent?: () => { readonly arguments: string; readonly result: ToolOutput };
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
