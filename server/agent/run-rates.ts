/** Counts the runs that begin in a minute, by key and agent: those of this process, or of all nodes that share a store. */
import { deleteOldest } from "../lib/delete-oldest.ts";
import type { Clock } from "../lib/ports.ts";
import type { RateStore } from "../lib/rate-store.ts";
import { createSharedRate, type SharedRate } from "../lib/shared-rate.ts";
import { minuteMs, type GetSpendingWindow } from "./spending-windows.ts";

/** A key or an agent with a limit. */
export interface RatedSubject {
  /** `key <name>` or `agent <id>`. */
  readonly name: string;
  /** Runs that may begin in a minute. */
  readonly limit: number;
}

/** The first subject that has reached its limit. */
export interface ReachedLimit {
  readonly subject: RatedSubject;
  readonly retryMs: number;
}

export interface RunRates {
  /**
   * Counts one run for all subjects. Counts it for none, and returns the subject, when one has reached its limit. A promise when
   * a shared store is queried; it rejects with `storage_unavailable`.
   */
  count(subjects: readonly RatedSubject[]): ReachedLimit | undefined | Promise<ReachedLimit | undefined>;
  read(subject: RatedSubject): { readonly remaining: number; readonly resetMs: number };
}

/** Minutes are those of the process's clock. */
export function createLocalRunRates(getWindow: GetSpendingWindow, clock: Clock): RunRates {
  const getResetMs = (): number => minuteMs - (clock() % minuteMs);
  return {
    count(subjects) {
      const subject = subjects.find(({ name, limit }) => getWindow(name, "minute").requests >= limit);
      if (subject !== undefined) return { subject, retryMs: getResetMs() };
      for (const { name } of subjects) getWindow(name, "minute").requests += 1;
      return undefined;
    },
    read: ({ name, limit }) => ({
      remaining: Math.max(0, limit - getWindow(name, "minute").requests),
      resetMs: getResetMs(),
    }),
  };
}

/** Subjects whose portions this node remembers. Users whom an issuer or a proxy names have no bound. */
const maxSubjects = 10_000;

/** Minutes are those of the database's clock. */
export function createSharedRunRates(store: RateStore, clock: Clock): RunRates {
  const rates = new Map<string, SharedRate>();
  const getRate = (name: string): SharedRate => {
    const existing = rates.get(name);
    if (existing !== undefined) return existing;
    const rate = createSharedRate({ store, name: `runs of ${name}`, window: "minute", clock });
    if (rates.size >= maxSubjects) deleteOldest(rates);
    rates.set(name, rate);
    return rate;
  };
  const countAll = async (subjects: readonly RatedSubject[]): Promise<ReachedLimit | undefined> => {
    const takenRates: SharedRate[] = [];
    for (const subject of subjects) {
      const rate = getRate(subject.name);
      const retryMs = await rate.take(subject.limit);
      if (retryMs !== undefined) {
        for (const each of takenRates) each.giveBack();
        return { subject, retryMs };
      }
      takenRates.push(rate);
    }
    return undefined;
  };
  return {
    count: (subjects) => (subjects.length === 0 ? undefined : countAll(subjects)),
    read: ({ name, limit }) => getRate(name).read(limit),
  };
}
