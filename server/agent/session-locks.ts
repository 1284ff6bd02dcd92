/** The locks of the sessions: one run at a time, the others in the order of their requests. */
import { GatewayError } from "../lib/errors.ts";
import { createKeyedSemaphore, type KeyedSemaphore } from "./semaphore.ts";
import { getLockName } from "./sessions/session-keys.ts";

export function createSessionLocks(getMaxQueued: () => number): KeyedSemaphore {
  const locks = createKeyedSemaphore({
    limit: 1,
    get maxQueued() {
      return getMaxQueued();
    },
    createError: () =>
      new GatewayError("session_busy", "Too many requests wait for this session.", { retryAfterSeconds: 5 }),
  });
  return { ...locks, acquire: (key, ...options) => locks.acquire(getLockName(key), ...options) };
}
