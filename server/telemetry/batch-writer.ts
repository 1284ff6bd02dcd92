/** Stores items in batches, in order and once. A caller that adds an item never waits for it. */
import type { Log } from "../lib/ports.ts";

export interface BatchWriter<Item> {
  add(item: Item): void;
  /** Resolves when all items so far are stored, or when the store has failed. */
  flush(): Promise<void>;
  readonly droppedCount: number;
}

/** The longest time that an item waits. A killed process loses the items of this time. */
const maxDelayMs = 500;
/** Items that are stored at once. Storing them takes about a millisecond. */
const batchSize = 25;
/** Items that wait while the store fails. Beyond them the oldest are dropped. */
const maxWaiting = 20_000;

/** `name` is for the log. */
export function createBatchWriter<Item>(
  name: string,
  store: (items: readonly Item[]) => Promise<void>,
  log: Log,
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
    } finally {
      work = undefined;
      if (waiting.length > 0) startTimer();
    }
  };
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work ??= storeWaiting();
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
      return (work ??= storeWaiting());
    },
    get droppedCount() {
      return droppedCount;
    },
  };
}
