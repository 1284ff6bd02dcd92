/**
 * One node's view of a rate that all nodes share. Requests that arrive during a query of the store are counted by the next query.
 * Of a high limit the node takes a portion at once, and counts the next requests from it.
 */
import { batchCalls } from "./batch-calls.ts";
import type { Clock } from "./ports.ts";
import type { RateStore, RateWindow } from "./rate-store.ts";

/** A limit below this is counted request by request. A portion of a higher one is this part of it. */
const portionsOfLimit = 100;
const minuteMs = 60_000;

export interface SharedRate {
  /**
   * Counts one request of this node. Undefined: the request may begin. Otherwise the milliseconds after which another attempt can
   * succeed. A promise when the store is queried; it rejects with `storage_unavailable`.
   */
  take(limit: number): RetryMs | Promise<RetryMs>;
  /** Takes back a request that was counted and does not begin. */
  giveBack(): void;
  /** Returns the requests that remain, as far as this node knows, and the time until all of the limit is available again. */
  read(limit: number): { readonly remaining: number; readonly resetMs: number };
}

/** Undefined for a request that may begin. */
type RetryMs = number | undefined;

interface SharedRateOptions {
  readonly store: RateStore;
  readonly name: string;
  readonly window: RateWindow;
  readonly clock: Clock;
}

export function createSharedRate({ store, name, window, clock }: SharedRateOptions): SharedRate {
  const portion = { remaining: 0, until: 0 };
  /** The amount that all nodes had taken at this node's last query. */
  let total = { taken: 0, until: 0 };
  let blockedUntil = 0;

  const takeFromPortion = (count: number): number => {
    if (clock() >= portion.until) return 0;
    const taken = Math.min(count, portion.remaining);
    portion.remaining -= taken;
    return taken;
  };
  const takeFromStore = async (count: number, limit: number): Promise<number> => {
    const amount = Math.max(count, Math.floor(limit / portionsOfLimit));
    const { granted, taken, resetMs } = await store.take({ name, window, limit, amount });
    const now = clock();
    const until = now + (window === "minute" ? resetMs : minuteMs);
    total = { taken, until };
    if (granted < amount) blockedUntil = now + resetMs;
    portion.remaining = Math.max(0, granted - count);
    portion.until = until;
    return Math.min(count, granted);
  };
  const takeTogether = batchCalls(async (limits: readonly number[]): Promise<readonly RetryMs[]> => {
    let taken = takeFromPortion(limits.length);
    const missing = limits.length - taken;
    if (missing > 0) taken += await takeFromStore(missing, limits.at(-1) ?? 0);
    return limits.map((_, index) => (index < taken ? undefined : Math.max(1, blockedUntil - clock())));
  });

  return {
    take(limit) {
      if (takeFromPortion(1) === 1) return undefined;
      const now = clock();
      return now < blockedUntil ? blockedUntil - now : takeTogether(limit);
    },
    giveBack: () => void (portion.remaining += 1),
    read(limit) {
      const now = clock();
      const isCurrent = now < total.until;
      const portionRest = now < portion.until ? portion.remaining : 0;
      return {
        remaining: Math.min(limit, Math.max(0, limit - (isCurrent ? total.taken : 0)) + portionRest),
        resetMs: isCurrent ? total.until - now : minuteMs,
      };
    },
  };
}
