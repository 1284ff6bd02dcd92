/**
 * This node's part of a rate that all nodes share. Requests that arrive while the store is asked are counted with the next
 * question. Of a high limit the node takes a portion at once, and serves the next requests from it.
 */
import type { Clock } from "./ports.ts";
import type { RateStore, RateWindow } from "./rate-store.ts";

/** A limit below this is counted request by request. A portion of a higher one is this part of it. */
const portionsOfLimit = 100;
const minuteMs = 60_000;

export interface SharedRate {
  /**
   * Counts one request of this node. Undefined: it may begin. Otherwise the milliseconds after which another attempt can
   * succeed. A promise when the store is asked; it rejects with `storage_unavailable`.
   */
  take(limit: number): RefusedMs | Promise<RefusedMs>;
  /** Takes back a request that was counted and does not begin. */
  giveBack(): void;
  /** Returns what is left, as far as this node knows, and the time until all is there again. */
  read(limit: number): { readonly remaining: number; readonly resetMs: number };
}

type RefusedMs = number | undefined;

interface SharedRateOptions {
  readonly store: RateStore;
  readonly name: string;
  readonly window: RateWindow;
  readonly clock: Clock;
}

export function createSharedRate({ store, name, window, clock }: SharedRateOptions): SharedRate {
  const portion = { left: 0, until: 0 };
  let refusedUntil = 0;
  /** The amount that all nodes had taken at this node's last query. */
  let known = { taken: 0, until: 0 };
  let waiting: PromiseWithResolvers<RefusedMs>[] = [];
  let asking: Promise<void> | undefined;

  const serveFromPortion = (): boolean => {
    if (portion.left <= 0 || clock() >= portion.until) return false;
    portion.left -= 1;
    return true;
  };
  const answer = (batch: typeof waiting, granted: number): void => {
    for (const [index, { resolve }] of batch.entries())
      resolve(index < granted ? undefined : Math.max(1, refusedUntil - clock()));
  };
  const ask = async (limit: number): Promise<void> => {
    while (waiting.length > 0 && serveFromPortion()) waiting.shift()?.resolve(undefined);
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    const amount = Math.max(batch.length, Math.floor(limit / portionsOfLimit));
    try {
      const { granted, taken, resetMs } = await store.take({ name, window, limit, amount });
      const now = clock();
      const until = now + (window === "minute" ? resetMs : minuteMs);
      known = { taken, until };
      if (granted < amount) refusedUntil = now + resetMs;
      portion.left = Math.max(0, granted - batch.length);
      portion.until = until;
      answer(batch, granted);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const askAll = async (limit: number): Promise<void> => {
    while (waiting.length > 0) await ask(limit);
    asking = undefined;
  };

  return {
    take(limit) {
      if (serveFromPortion()) return undefined;
      const now = clock();
      if (now < refusedUntil) return refusedUntil - now;
      const taken = Promise.withResolvers<RefusedMs>();
      waiting.push(taken);
      asking ??= askAll(limit);
      return taken.promise;
    },
    giveBack: () => void (portion.left += 1),
    read(limit) {
      const now = clock();
      const isKnown = now < known.until;
      const left = now < portion.until ? portion.left : 0;
      return {
        remaining: Math.min(limit, Math.max(0, limit - (isKnown ? known.taken : 0)) + left),
        resetMs: isKnown ? known.until - now : minuteMs,
      };
    },
  };
}
