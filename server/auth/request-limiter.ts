/** Limits requests in any 60 seconds (sliding window). */
import type { Clock } from "../lib/ports.ts";
import { GatewayError, type RequestLimit } from "../lib/errors.ts";

const minuteMs = 60_000;

export interface RequestLimiter {
  /** Counts one request, or throws `too_many_requests` and counts nothing. */
  count(): void;
  read(): RequestLimit;
}

export function createRequestLimiter(perMinute: number, clock: Clock, what = "requests"): RequestLimiter {
  // Times of the last requests, as a ring buffer. The one at `next` is the oldest.
  const times = new Float64Array(perMinute).fill(-Infinity);
  let next = 0;
  const count = (): void => {
    const now = clock();
    const waitMs = (times[next] ?? -Infinity) + minuteMs - now;
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new GatewayError(
        "too_many_requests",
        `This key may make ${perMinute} ${what} a minute. Try again in ${retryAfterSeconds} s.`,
        { retryAfterSeconds, requestLimit: read() },
      );
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
