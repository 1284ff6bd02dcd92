/** Limits failed authentications by address. A valid credential is never rejected. */
import type { Config } from "../../contracts/config/config.ts";
import type { Live } from "../lib/live.ts";
import type { Clock } from "../lib/ports.ts";
import { deleteOldest } from "../lib/delete-oldest.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Attempt } from "./attempt.ts";
import type { Caller } from "./failure-report.ts";

export interface FailureLimiter {
  /**
   * Counts one failure. Throws when the address has too many. Call it before the first `await`. A promise when a shared store is
   * queried; it rejects with `storage_unavailable` too.
   */
  countFailure(caller: Caller): void | Promise<void>;
}

export type CountFailure = (attempt: Attempt) => void | Promise<void>;

interface Failures {
  count: number;
  windowEnds: number;
  lockedUntil: number;
}

/** Largest number of addresses to track. The oldest are dropped first. */
export const maxAddresses = 10_000;

export function createFailureLimiter(
  limits: Live<Config["gateway"]["auth"]["rateLimit"]>,
  clock: Clock,
  report: (caller: Caller, isLockedOut: boolean) => void = () => {},
): FailureLimiter {
  const failuresByAddress = new Map<string, Failures>();
  return {
    countFailure(caller) {
      const { address } = caller;
      const { maxAttempts, windowMs, lockoutMs, exemptLoopback } = limits.current;
      if (exemptLoopback && caller.isLocal === true) return report(caller, false);
      const now = clock();
      let failures = failuresByAddress.get(address);
      if (failures === undefined || (now >= failures.windowEnds && now >= failures.lockedUntil)) {
        failures = { count: 0, windowEnds: now + windowMs, lockedUntil: 0 };
      }
      failuresByAddress.delete(address);
      failuresByAddress.set(address, failures);
      if (failuresByAddress.size > maxAddresses) deleteOldest(failuresByAddress);
      failures.count += 1;
      const isLockedOut = failures.count > maxAttempts;
      report(caller, isLockedOut);
      if (!isLockedOut) return;
      if (failures.lockedUntil <= now) failures.lockedUntil = now + lockoutMs;
      throw createLockoutError(failures.lockedUntil - now);
    },
  };
}

export function createLockoutError(lockedMs: number): GatewayError {
  const retryAfterSeconds = Math.ceil(lockedMs / 1000);
  return new GatewayError(
    "too_many_failed_credentials",
    `Too many wrong credentials from this address. Try again in ${retryAfterSeconds} s with the right one.`,
    { retryAfterSeconds },
  );
}
