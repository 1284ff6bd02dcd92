/**
 * Limits failed authentications by address, those of all nodes together. A node has one statement under way at a time, for all
 * failures since the last one, so that guesses take one connection of the pool at most.
 */
import type { Config } from "../../contracts/config/config.ts";
import { batchCalls } from "../lib/batch-calls.ts";
import { deleteOldest } from "../lib/delete-oldest.ts";
import type { Live } from "../lib/live.ts";
import type { Clock } from "../lib/ports.ts";
import type { RateStore } from "../lib/rate-store.ts";
import { createLockoutError, maxAddresses, type FailureLimiter } from "./failure-limiter.ts";
import type { Caller } from "./failure-report.ts";

interface SharedFailureLimiterDeps {
  readonly store: RateStore;
  /** Begins the names of the counters, so that limiters of one store count apart. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly report: (caller: Caller, isLockedOut: boolean) => void;
}

interface Outcome {
  readonly isLockedOut: boolean;
  readonly lockedMs: number;
}

export function createSharedFailureLimiter(
  limits: Live<Config["gateway"]["auth"]["rateLimit"]>,
  { store, prefix, clock, report }: SharedFailureLimiterDeps,
): FailureLimiter {
  /** The end of each lockout that this node knows, by the name of the counter. Until then requests are rejected without the store. */
  const lockouts = new Map<string, number>();

  const addLockout = (name: string, lockedMs: number): void => {
    lockouts.delete(name);
    lockouts.set(name, clock() + lockedMs);
    if (lockouts.size > maxAddresses) deleteOldest(lockouts);
  };
  const count = batchCalls(async (names: readonly string[]): Promise<readonly Outcome[]> => {
    const { maxAttempts, windowMs, lockoutMs } = limits.current;
    const groups = Map.groupBy(names, (name) => name);
    const failures = [...groups].map(([name, { length }]) => ({ name, count: length }));
    const counters = new Map<string, { attempts: number; lockedMs: number }>();
    for (const { name, count: total, lockedMs } of await store.addFailures(failures, {
      maxAttempts,
      windowMs,
      lockoutMs,
    })) {
      if (lockedMs > 0) addLockout(name, lockedMs);
      counters.set(name, { attempts: total - (groups.get(name)?.length ?? 0), lockedMs });
    }
    return names.map((name) => {
      const counter = counters.get(name) ?? { attempts: 0, lockedMs: 0 };
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
      const name = prefix + caller.address;
      if (limits.current.exemptLoopback && caller.isLocal === true) return report(caller, false);
      const lockedMs = (lockouts.get(name) ?? 0) - clock();
      if (lockedMs > 0) return settle(caller, { isLockedOut: true, lockedMs });
      lockouts.delete(name);
      return count(name).then((outcome) => settle(caller, outcome));
    },
  };
}
