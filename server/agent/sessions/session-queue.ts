/** Waits for a session that another node has leased. Runs of one node wait for each other before this. */
import { GatewayError } from "../../lib/errors.ts";
import type { ChangeNotifier } from "./change-notifier.ts";
import type { LeaseQueries } from "./lease-queries.ts";
import type { WaitOptions } from "./store.ts";
import type { Transactions } from "./transactions.ts";

interface SessionQueueDeps {
  readonly transactions: Transactions;
  readonly queries: LeaseQueries;
  readonly node: string;
  /** Notifies by the key of a session whose lease has ended, or whose queue has become shorter. */
  readonly releases: ChangeNotifier<"released">;
}

/** The longest time between two attempts: a notification can be lost. */
const pollMs = 1_000;

/** Another node has the lease, or waits longer. */
export class LeasedElsewhereError extends GatewayError {
  constructor() {
    super("session_busy", "Another run holds this session; try again in a moment.", { retryAfterSeconds: 1 });
  }
}

/** Calls `take` until it does not throw a `LeasedElsewhereError` any more. Rejects with that error when the time is over. */
export async function waitForTurn<T>(
  key: string,
  take: () => Promise<T>,
  { signal, maxWaitMs }: WaitOptions,
  { transactions, queries, node, releases }: SessionQueueDeps,
): Promise<T> {
  const { queue } = queries;
  if (queue === undefined) return take();
  const endsAt = performance.now() + maxWaitMs;
  const watcher = releases.watch(key);
  let isWaiting = false;
  try {
    for (;;) {
      try {
        return await take();
      } catch (error) {
        const remainingMs = endsAt - performance.now();
        if (!(error instanceof LeasedElsewhereError) || remainingMs <= 0) throw error;
        isWaiting = true;
        await transactions.writeStatement((db) => queue.wait(db, key, node));
        const timer = AbortSignal.timeout(Math.ceil(Math.min(pollMs, remainingMs)));
        await watcher.waitForChange(AbortSignal.any([signal, timer]));
        signal.throwIfAborted();
      }
    }
  } finally {
    watcher.close();
    if (isWaiting) {
      // Without it the next node waits until this place expires.
      await transactions.writeStatement((db) => queue.leave(db, key, node)).catch(() => {});
      releases.notify(key, "released");
    }
  }
}
