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
  /** Items that are stored at once. */
  readonly batchSize: number;
  /** Items that wait while the store fails. Beyond them the oldest are dropped. */
  readonly maxWaiting: number;
}

/** Storing 25 rows takes about a millisecond. */
const defaultOptions: BatchOptions = { maxDelayMs: 500, batchSize: 25, maxWaiting: 20_000 };

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

  const storeWaiting = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
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
  /** Without anything to store, `storeWaiting` returns before its promise is assigned: `finally` runs after that. */
  const startWork = (): Promise<void> =>
    (work ??= storeWaiting().finally(() => {
      work = undefined;
      if (waiting.length > 0) startTimer();
    }));
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void startWork();
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
      startTimer();
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      return startWork();
    },
    get droppedCount() {
      return droppedCount;
    },
  };
}
