/** Limits the bytes of all request bodies that are being received and parsed. */
import { GatewayError } from "../lib/errors.ts";

export interface BodyBudget {
  /** Counts bytes of one body, until `release` is called. Throws `server_overloaded` when all bodies have too many. */
  open(): { add(bytes: number): void; release(): void };
}

/** `getMaxBytes` is called for every chunk, so that the limit can change. */
export function createBodyBudget(getMaxBytes: () => number): BodyBudget {
  let total = 0;
  return {
    open() {
      let own = 0;
      return {
        add(bytes) {
          // A body that is alone is limited by its endpoint only.
          if (total > own && total + bytes > getMaxBytes()) {
            throw new GatewayError(
              "server_overloaded",
              "The bodies of all requests together are too large now; try again in a moment.",
              { retryAfterSeconds: 5 },
            );
          }
          own += bytes;
          total += bytes;
        },
        release() {
          total -= own;
          own = 0;
        },
      };
    },
  };
}
