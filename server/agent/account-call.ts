/** Accounts for model calls beside the steps of a run, such as summaries and embeddings: their budget, usage and span. */
import { toGatewayError } from "../lib/errors.ts";
import { createChildContext, toTraceHeaders, type TraceContext } from "../lib/trace-context.ts";
import type { Budgets, TokenEstimate } from "./budgets.ts";
import type { ModelCallObservation, ObservedRun } from "./run-observer.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { ModelCall, NamedModel, Usage } from "./types.ts";

/**
 * Reserves the budget of a call, makes the call, and records it. Rejects with the error of the reservation, without a call, or
 * with that of the call.
 */
export type AccountCall = <Result extends { readonly usage: Usage | undefined }>(
  details: {
    readonly model: Pick<NamedModel, "ref" | "cost">;
    readonly purpose: ModelCallObservation["purpose"];
    readonly estimate: () => TokenEstimate;
    readonly signal: AbortSignal;
  },
  makeCall: (trace: TraceContext | undefined) => Promise<Result>,
) => Promise<Result>;

/** Resolves to the account of a caller outside of a run, and counts its request. Rejects with the errors of `Budgets.admit`. */
export type OpenAccount = (caller: ObservedRun) => Promise<AccountCall>;

export function createAccountCall(
  run: ObservedRun,
  { budgets, recorder }: { readonly budgets: Budgets; readonly recorder: RunRecorder },
): AccountCall {
  return async ({ model, purpose, estimate, signal }, makeCall) => {
    const settle = await budgets.reserve(run, model, estimate);
    const trace = run.trace && createChildContext(run.trace);
    const call = { model: model.ref, purpose, startedAt: recorder.clock(), trace } as const;
    try {
      const result = await makeCall(trace);
      settle?.(result.usage, true);
      recorder.recordModelCall({ ...call, outcome: "ok", usage: result.usage });
      return result;
    } catch (thrown) {
      // The provider may have read the input of a call that was cut.
      settle?.(undefined, signal.aborted);
      const outcome = signal.aborted ? "aborted" : "error";
      recorder.recordModelCall({ ...call, outcome, usage: undefined, error: toGatewayError(thrown) });
      throw thrown;
    }
  };
}

/** Adds the headers of the span, if providers are to get them. */
export const withTrace = (call: ModelCall, trace: TraceContext | undefined): ModelCall =>
  trace?.isForProviders === true ? { ...call, traceHeaders: toTraceHeaders(trace) } : call;
