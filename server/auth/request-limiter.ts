/** Limits requests in any 60 seconds (sliding window). */
import type { Clock } from "../lib/ports.ts";
import { GatewayError } from "../lib/errors.ts";

const minuteMs = 60_000;

/** Returns a function that counts one request, or throws `too_many_requests` and counts nothing. */
export function createRequestLimiter(perMinute: number, clock: Clock): () => void {
  // Times of the last requests, as a ring buffer. The one at `next` is the oldest.
  const times = new Float64Array(perMinute).fill(-Infinity);
  let next = 0;
  return () => {
    const now = clock();
    const waitMs = (times[next] ?? -Infinity) + minuteMs - now;
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new GatewayError(
        "too_many_requests",
        `This key may make ${perMinute} requests a minute. Try again in ${retryAfterSeconds} s.`,
        { retryAfterSeconds },
      );
    }
    times[next] = now;
    next = (next + 1) % perMinute;
  };
}
