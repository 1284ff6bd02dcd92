/** Decides which model a run calls, and what follows a failure: a retry, a fallback, or the end of the run. */
import type { ErrorCode } from "../../contracts/errors.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { NamedModel } from "./types.ts";

export interface RetryPolicy {
  /** Returns the model to call next. */
  getModel(): NamedModel;
  /** The model has answered. Its attempts are counted from zero again. */
  recordSuccess(): void;
  /** Decides what follows a failure. After the first output there is neither a retry nor a fallback. */
  recordFailure(error: GatewayError, hasOutput: boolean): RetryDecision;
}

export type RetryDecision =
  | { readonly action: "retry"; readonly afterMs: number }
  | { readonly action: "fallback"; readonly from: string; readonly to: string }
  | { readonly action: "fail" };

/** Errors of a provider. A request that every model would reject is not one. */
const providerFaultCodes: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth",
  "rate_limit_exceeded",
  "upstream_timeout",
  "upstream_unreachable",
  "upstream_error",
  "upstream_protocol",
]);

/** Calls of one model that fails with `upstream_error`, which is often transient. */
const maxAttempts = 2;

/** Long enough for a provider to recover, and random so that runs do not retry at the same time. */
const pickRetryDelayMs = (): number => 200 + Math.random() * 300;

/** Models that cool down come last, after all others have failed. */
export function createRetryPolicy(models: readonly NamedModel[], cooldowns: Cooldowns): RetryPolicy {
  const coolingModels = models.filter(({ ref }) => cooldowns.isCoolingDown(ref));
  const [first, ...others] = [...models.filter((model) => !coolingModels.includes(model)), ...coolingModels];
  if (first === undefined) throw new Error("a run needs a model");
  let model = first;
  let attempts = 0;

  return {
    getModel: () => model,
    recordSuccess() {
      attempts = 0;
      cooldowns.recordSuccess(model.ref);
    },
    recordFailure(error, hasOutput) {
      if (!providerFaultCodes.has(error.code)) return { action: "fail" };
      attempts += 1;
      const isTransient = error.code === "upstream_error" && attempts < maxAttempts;
      if (isTransient && !hasOutput) return { action: "retry", afterMs: pickRetryDelayMs() };
      cooldowns.recordFailure(model.ref, error);
      const nextModel = hasOutput ? undefined : others.shift();
      if (nextModel === undefined) return { action: "fail" };
      const from = model.ref;
      model = nextModel;
      attempts = 0;
      return { action: "fallback", from, to: nextModel.ref };
    },
  };
}
