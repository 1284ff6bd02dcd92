/** Limits the bytes of all request bodies and socket messages that are being received, or wait to be parsed. */
import { GatewayError } from "../lib/errors.ts";

/** The bytes of one body. */
interface BodyShare {
  /** Throws `server_overloaded` when all bodies have too many. */
  add(bytes: number): void;
  remove(bytes: number): void;
  /** Removes all bytes. The share can be used again. */
  release(): void;
}

export interface BodyBudget {
  open(): BodyShare;
}

/** `getMaxBytes` is called for every chunk, so that the limit can change. */
export function createBodyBudget(getMaxBytes: () => number): BodyBudget {
  let total = 0;
  return {
    open() {
      let own = 0;
      const remove = (bytes: number): void => {
        const removed = Math.min(bytes, own);
        own -= removed;
        total -= removed;
      };
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
        remove,
        release: () => remove(own),
      };
    },
  };
}
