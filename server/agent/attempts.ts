/** Which model a run asks, and which it asks next when one fails: the same once more, a fallback, or none. */
import type { ErrorCode } from "../../contracts/errors.ts";
import type { GatewayError } from "../errors.ts";
import type { Cooldowns } from "./cooldowns.ts";
import type { NamedModel } from "./types.ts";

export interface Attempts {
  /** The model to ask now. */
  readonly model: NamedModel;
  /** The model has answered: its next call has all its tries again. */
  succeeded(): void;
  /** The model has failed: what to do about that. Once the caller has seen something, there is no way back. */
  failed(error: GatewayError, shown: boolean): Remedy;
}

export type Remedy =
  | { readonly do: "again"; readonly afterMs: number }
  | { readonly do: "fall back"; readonly from: string; readonly to: string }
  | { readonly do: "give up" };

/** Faults of a provider; a request that every model would refuse is none. */
const worthAnother: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth",
  "rate_limit_exceeded",
  "upstream_timeout",
  "upstream_unreachable",
  "upstream_error",
  "upstream_protocol",
]);

/** Calls of one model that fails with `upstream_error`, which often passes. */
const maxTries = 2;

/** Between two tries: long enough for a provider to recover, random so that callers do not come back together. */
const pauseMs = (): number => 200 + Math.random() * 300;

/** Models that cool down come last: they are asked only when all others have failed. */
export function createAttempts(models: readonly NamedModel[], cooldowns: Cooldowns): Attempts {
  const cooling = models.filter(({ ref }) => cooldowns.isCooling(ref));
  const [first, ...others] = [...models.filter((model) => !cooling.includes(model)), ...cooling];
  if (first === undefined) throw new Error("a run needs a model");
  let model = first;
  let tries = 0;

  return {
    get model() {
      return model;
    },
    succeeded() {
      tries = 0;
      cooldowns.succeeded(model.ref);
    },
    failed(error, shown) {
      if (!worthAnother.has(error.code)) return { do: "give up" };
      tries += 1;
      const passing = error.code === "upstream_error" && tries < maxTries;
      if (passing && !shown) return { do: "again", afterMs: pauseMs() };
      cooldowns.failed(model.ref, error.retryAfterSeconds);
      const next = shown ? undefined : others.shift();
      if (next === undefined) return { do: "give up" };
      const from = model.ref;
      model = next;
      tries = 0;
      return { do: "fall back", from, to: next.ref };
    },
  };
}
