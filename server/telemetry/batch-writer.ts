/** Stores items in batches, in order and once. A caller that adds an item never waits for it. */
import type { Log } from "../lib/ports.ts";

export interface BatchWriter<Item> {
  add(item: Item): void;
  /** Resolves when all items so far are stored, or when the store has failed. */
  flush(): Promise<void>;
  readonly droppedCount: number;
}

interface BatchOptions {
  /** The longest time that an item waits. A killed process loses the items of this time. */
  readonly maxDelayMs: number;
  /** Items that are stored at once. So many that wait are stored without further delay. */
  readonly batchSize: number;
  /** Items that wait while the store fails. Beyond them the oldest are dropped. */
  readonly maxWaiting: number;
}

/** Storing a batch of usage takes about a millisecond. */
const defaultOptions: BatchOptions = { maxDelayMs: 500, batchSize: 128, maxWaiting: 20_000 };

/** `name` is for the log. */
export function createBatchWriter<Item>(
  name: string,
  store: (items: readonly Item[]) => Promise<void>,
  log: Log,
  { maxDelayMs, batchSize, maxWaiting }: BatchOptions = defaultOptions,
): BatchWriter<Item> {
  const waiting: Item[] = [];
  let droppedCount = 0;
  let hasFailed = false;
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> | undefined;

  /** Stores the first `count` items, and then further ones while they fill a batch. */
  const storeWaiting = async (count: number): Promise<void> => {
    try {
      for (let stored = 0; stored < count || waiting.length >= batchSize; stored += batchSize) {
        const batch = waiting.slice(0, batchSize);
        await store(batch);
        waiting.splice(0, batch.length);
      }
      if (hasFailed) log.info("records are stored again", { records: name, dropped: droppedCount });
      hasFailed = false;
    } catch (error) {
      if (!hasFailed)
        log.warn("records could not be stored", {
          records: name,
          waiting: waiting.length,
          cause: String(error),
        });
      hasFailed = true;
    }
  };
  /** One after the other: a batch is on its way to the store once. */
  const startWork = ({ isFlush }: { readonly isFlush: boolean }): Promise<void> => {
    const previous = work;
    const run = async (): Promise<void> => {
      await previous;
      // Items that arrive meanwhile wait for the timer.
      const count = isFlush ? waiting.length : 0;
      if (count > 0 || waiting.length >= batchSize) await storeWaiting(count);
    };
    const next = run().finally(() => {
      if (work !== next) return;
      work = undefined;
      if (waiting.length > 0) startTimer();
    });
    return (work = next);
  };
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void startWork({ isFlush: true });
    }, maxDelayMs).unref();
  };

  return {
    add(item) {
      if (waiting.length >= maxWaiting) {
        // The first items may be on their way to the store.
        waiting.splice(batchSize, 1);
        droppedCount += 1;
      }
      waiting.push(item);
      // A store that fails is tried again by the timer alone.
      if (waiting.length >= batchSize && work === undefined && !hasFailed) void startWork({ isFlush: false });
      else startTimer();
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      return startWork({ isFlush: true });
    },
    get droppedCount() {
      return droppedCount;
    },
  };
}
