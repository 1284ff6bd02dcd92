/** Logs requests that are rejected for want of room: one line a second with their number, not one for each. */
import type { Log } from "../lib/ports.ts";

const intervalMs = 1_000;

/** Returns a function that counts one rejected request. */
export function createOverloadReport(log: Log): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) return;
    setTimeout(() => {
      log.warn("requests rejected, because all runs are taken and the queue is full", { count });
      count = 0;
    }, intervalMs).unref();
  };
}
