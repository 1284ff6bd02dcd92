/** Limits requests in any 60 seconds (sliding window): those of this process, or of all nodes that share a store. */
import type { Clock } from "../lib/ports.ts";
import { GatewayError, type RequestLimit } from "../lib/errors.ts";
import type { RateStore } from "../lib/rate-store.ts";
import { createSharedRate } from "../lib/shared-rate.ts";

const minuteMs = 60_000;

export interface RequestLimiter {
  /**
   * Counts one request, or throws `too_many_requests` and counts nothing. A promise when a shared store is queried; it rejects with
   * `storage_unavailable` too.
   */
  count(): void | Promise<void>;
  read(): RequestLimit;
}

export interface LocalRequestLimiter extends RequestLimiter {
  count(): void;
}

export function createRequestLimiter(
  perMinute: number,
  clock: Clock,
  what = "requests",
): LocalRequestLimiter {
  // Times of the last requests, as a ring buffer. The one at `next` is the oldest.
  const times = new Float64Array(perMinute).fill(-Infinity);
  let next = 0;
  const count = (): void => {
    const now = clock();
    const waitMs = (times[next] ?? -Infinity) + minuteMs - now;
    if (waitMs > 0) {
      throw createLimitError(perMinute, what, waitMs, read());
    }
    times[next] = now;
    next = (next + 1) % perMinute;
  };
  const read = (): RequestLimit => {
    const now = clock();
    const newest = times[(next + perMinute - 1) % perMinute] ?? -Infinity;
    const remaining = times.filter((time) => time + minuteMs <= now).length;
    return { limit: perMinute, remaining, resetAt: Math.max(now, newest + minuteMs) };
  };
  return { count, read };
}

/** Like `createRequestLimiter`, for the requests of all nodes. */
export function createSharedRequestLimiter(
  name: string,
  perMinute: number,
  { store, clock }: { readonly store: RateStore; readonly clock: Clock },
): RequestLimiter {
  const rate = createSharedRate({ store, name, window: "sliding", clock });
  const read = (): RequestLimit => {
    const { remaining, resetMs } = rate.read(perMinute);
    return { limit: perMinute, remaining, resetAt: clock() + resetMs };
  };
  const check = (retryMs: number | undefined): void => {
    if (retryMs !== undefined) throw createLimitError(perMinute, "requests", retryMs, read());
  };
  return {
    count() {
      const retryMs = rate.take(perMinute);
      return retryMs instanceof Promise ? retryMs.then(check) : check(retryMs);
    },
    read,
  };
}

function createLimitError(
  perMinute: number,
  what: string,
  waitMs: number,
  requestLimit: RequestLimit,
): GatewayError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new GatewayError(
    "too_many_requests",
    `This key may make ${perMinute} ${what} a minute. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, requestLimit },
  );
}
