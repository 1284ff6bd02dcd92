/** Lets so many requests through in any 60 seconds, and says when the next one may come. */
import type { Clock } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";

const minuteMs = 60_000;

/** Counts one request, or throws `too_many_requests` and counts nothing. */
export function createRequestLimiter(perMinute: number, clock: Clock): () => void {
  // When each of the last requests came; the one at `next` is the oldest.
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
