/** Finds out whether the store can be written: one small write in a limited time, whose result counts for a second. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Transactions } from "./transactions.ts";

const timeLimitMs = 2_000;
const validForMs = 1_000;

/** Returns a function that resolves to false while writes fail or take too long. Concurrent calls share one write. */
export function createWriteProbe(
  { writeStatement }: Transactions,
  runningTime: () => number,
  timeLimit = timeLimitMs,
): () => Promise<boolean> {
  /** The last write, which a hanging disk may hold for longer than its time. */
  let pending: Promise<boolean> | undefined;
  let last: { readonly at: number; readonly result: Promise<boolean> } | undefined;

  const writeOnce = async (): Promise<boolean> => {
    try {
      // All nodes update the same row: a node that is paused in a transaction would make the others wait.
      await writeStatement((db) =>
        db
          .updateTable("store")
          .set((eb) => ({ writes: eb("writes", "+", 1) }))
          .execute(),
      );
      return true;
    } catch {
      return false;
    }
  };
  const probe = async (): Promise<boolean> => {
    pending ??= writeOnce().finally(() => (pending = undefined));
    const timer = new AbortController();
    try {
      return await Promise.race([pending, sleep(timeLimit, false, { signal: timer.signal, ref: false })]);
    } finally {
      timer.abort();
    }
  };
  return () => {
    const now = runningTime();
    if (last === undefined || now - last.at >= validForMs) last = { at: now, result: probe() };
    return last.result;
  };
}
