/**
 * Limits failed authentications by address, those of all nodes together. A node asks the store with one statement at a time,
 * for everything that has failed since the last one, so that guessing takes one connection of the pool at most.
 */
import type { Config } from "../../contracts/config/config.ts";
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
  let waiting = new Map<string, PromiseWithResolvers<Outcome>[]>();
  let asking: Promise<void> | undefined;

  const remember = (address: string, lockedMs: number): void => {
    lockouts.delete(address);
    lockouts.set(address, clock() + lockedMs);
    if (lockouts.size > maxAddresses) lockouts.delete(findOldest(lockouts));
  };
  const ask = async (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    const { maxAttempts, windowMs, lockoutMs } = limits.current;
    try {
      const failures = [...batch].map(([address, { length }]) => ({ address, count: length }));
      const counts = await store.addFailures(failures, { maxAttempts, windowMs, lockoutMs });
      for (const { address, count, lockedMs } of counts) {
        if (lockedMs > 0) remember(address, lockedMs);
        const attempts = batch.get(address) ?? [];
        const before = count - attempts.length;
        for (const [index, { resolve }] of attempts.entries())
          resolve({ isLockedOut: before + index + 1 > maxAttempts, lockedMs });
      }
    } catch (error) {
      for (const { reject } of [...batch.values()].flat()) reject(error);
    }
  };
  const askAll = async (): Promise<void> => {
    while (waiting.size > 0) await ask();
    asking = undefined;
  };
  const count = (address: string): Promise<Outcome> => {
    const outcome = Promise.withResolvers<Outcome>();
    const others = waiting.get(address);
    if (others === undefined) waiting.set(address, [outcome]);
    else others.push(outcome);
    asking ??= askAll();
    return outcome.promise;
  };
  const conclude = (caller: Caller, { isLockedOut, lockedMs }: Outcome): void => {
    report(caller, isLockedOut);
    if (isLockedOut) throw createLockoutError(lockedMs);
  };

  return {
    countFailure(caller) {
      const { address } = caller;
      if (limits.current.exemptLoopback && caller.isLocal === true) return report(caller, false);
      const lockedMs = (lockouts.get(address) ?? 0) - clock();
      if (lockedMs > 0) return conclude(caller, { isLockedOut: true, lockedMs });
      lockouts.delete(address);
      return count(address).then((outcome) => conclude(caller, outcome));
    },
  };
}
