/**
 * Limits failed authentications by address, those of all nodes together. A node has one statement under way at a time, for all
 * failures since the last one, so that guesses take one connection of the pool at most.
 */
import type { Config } from "../../contracts/config/config.ts";
import { batchCalls } from "../lib/batch-calls.ts";
import type { Live } from "../lib/live.ts";
import type { Clock } from "../lib/ports.ts";
import type { RateStore } from "../lib/rate-store.ts";
import { createLockoutError, findOldest, maxAddresses, type FailureLimiter } from "./failure-limiter.ts";
import type { Caller } from "./failure-report.ts";

interface SharedFailureLimiterDeps {
  readonly store: RateStore;
  readonly clock: Clock;
  readonly report: (caller: Caller, isLockedOut: boolean) => void;
}

interface Outcome {
  readonly isLockedOut: boolean;
  readonly lockedMs: number;
}

export function createSharedFailureLimiter(
  limits: Live<Config["gateway"]["auth"]["rateLimit"]>,
  { store, clock, report }: SharedFailureLimiterDeps,
): FailureLimiter {
  /** The ends of the lockouts that this node knows. Requests of their addresses are rejected without the store. */
  const lockouts = new Map<string, number>();

  const addLockout = (address: string, lockedMs: number): void => {
    lockouts.delete(address);
    lockouts.set(address, clock() + lockedMs);
    if (lockouts.size > maxAddresses) lockouts.delete(findOldest(lockouts));
  };
  const count = batchCalls(async (addresses: readonly string[]): Promise<readonly Outcome[]> => {
    const { maxAttempts, windowMs, lockoutMs } = limits.current;
    const groups = Map.groupBy(addresses, (address) => address);
    const failures = [...groups].map(([address, { length }]) => ({ address, count: length }));
    const counters = new Map<string, { attempts: number; lockedMs: number }>();
    for (const { address, count: total, lockedMs } of await store.addFailures(failures, {
      maxAttempts,
      windowMs,
      lockoutMs,
    })) {
      if (lockedMs > 0) addLockout(address, lockedMs);
      counters.set(address, { attempts: total - (groups.get(address)?.length ?? 0), lockedMs });
    }
    return addresses.map((address) => {
      const counter = counters.get(address) ?? { attempts: 0, lockedMs: 0 };
      counter.attempts += 1;
      return { isLockedOut: counter.attempts > maxAttempts, lockedMs: counter.lockedMs };
    });
  });
  const settle = (caller: Caller, { isLockedOut, lockedMs }: Outcome): void => {
    report(caller, isLockedOut);
    if (isLockedOut) throw createLockoutError(lockedMs);
  };

  return {
    countFailure(caller) {
      const { address } = caller;
      if (limits.current.exemptLoopback && caller.isLocal === true) return report(caller, false);
      const lockedMs = (lockouts.get(address) ?? 0) - clock();
      if (lockedMs > 0) return settle(caller, { isLockedOut: true, lockedMs });
      lockouts.delete(address);
      return count(address).then((outcome) => settle(caller, outcome));
    },
  };
}
