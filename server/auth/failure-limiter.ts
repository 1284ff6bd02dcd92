/** Limits failed authentications by address. A valid credential is never rejected. */
import type { Config } from "../../contracts/config/config.ts";
import type { Live } from "../lib/live.ts";
import type { Clock } from "../lib/ports.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Caller } from "./failure-report.ts";

export interface FailureLimiter {
  /** Counts one failure. Throws when the address has too many. Call it before the first `await`. */
  countFailure(caller: Caller): void;
}

interface Failures {
  count: number;
  windowEnds: number;
  lockedUntil: number;
}

/** Largest number of addresses to track. The oldest are dropped first. */
const maxAddresses = 10_000;

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
      if (failuresByAddress.size > maxAddresses) failuresByAddress.delete(findOldest(failuresByAddress));
      failures.count += 1;
      const isLockedOut = failures.count > maxAttempts;
      report(caller, isLockedOut);
      if (!isLockedOut) return;
      if (failures.lockedUntil <= now) failures.lockedUntil = now + lockoutMs;
      const retryAfterSeconds = Math.ceil((failures.lockedUntil - now) / 1000);
      throw new GatewayError(
        "too_many_failed_credentials",
        `Too many wrong credentials from this address. Try again in ${retryAfterSeconds} s with the right one.`,
        { retryAfterSeconds },
      );
    },
  };
}

function findOldest(failuresByAddress: Map<string, unknown>): string {
  return failuresByAddress.keys().next().value ?? "";
}
