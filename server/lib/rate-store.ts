/** Counts of the last minute, for all nodes of a shared store. A call rejects with `storage_unavailable` when the store fails. */

/** `minute`: a minute of the clock. `sliding`: the last 60 seconds, and up to five more. */
export type RateWindow = "minute" | "sliding";

export interface RateRequest {
  /** The subject that is counted, such as `key ada`. */
  readonly name: string;
  readonly window: RateWindow;
  /** The most that may be taken in one window. */
  readonly limit: number;
  readonly amount: number;
}

export interface RateGrant {
  /** The amount that was taken: less than the requested amount when the window has no more. */
  readonly granted: number;
  /** The amount that all nodes have taken in the window. */
  readonly taken: number;
  /** Milliseconds until the oldest part of the window is over. */
  readonly resetMs: number;
}

export interface FailureLimits {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
}

export interface FailureCount {
  /** The subject whose failures are counted: an address, or `hooks` and an address. */
  readonly name: string;
  /** Failures in the window, those of this call included. */
  readonly count: number;
  /** Milliseconds until the lockout ends, 0 without one. */
  readonly lockedMs: number;
}

export interface RateStore {
  take(request: RateRequest): Promise<RateGrant>;
  /** Counts failed credentials. Each name is in the list once. */
  addFailures(
    failures: readonly { readonly name: string; readonly count: number }[],
    limits: FailureLimits,
  ): Promise<readonly FailureCount[]>;
}
