/** Maps pushed items, now or later, and pushes the results in order. */
import type { Sink } from "./ports.ts";

interface OrderedSink<Item> extends Required<Sink<Item>> {
  /** Resolves when everything is pushed. Rejects with what `map` threw first. */
  flush(): Promise<void>;
}

/**
 * `map` returns the results of an item, or a promise of them while something is stored; items that arrive meanwhile wait.
 * After a failure no more items are mapped, and `onFailure` is called once.
 */
export function pushInOrder<Item, Result>(
  sink: Sink<Result>,
  map: (item: Item) => readonly Result[] | Promise<readonly Result[]>,
  onFailure: (error: unknown) => void,
): OrderedSink<Item> {
  const waiting: Item[] = [];
  let pending: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const pushAll = (results: readonly Result[]): void => {
    for (const result of results) sink.emit(result);
  };
  const fail = (error: unknown): void => {
    failure = { error };
    waiting.length = 0;
    onFailure(error);
  };
  const resume = (): void => {
    pending = undefined;
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      process(item);
      if (isBusy()) return;
    }
  };
  const isBusy = (): boolean => pending !== undefined;
  const waitUntilIdle = (): Promise<void> => pending?.then(waitUntilIdle) ?? Promise.resolve();
  const process = (item: Item): void => {
    try {
      const results = map(item);
      if (results instanceof Promise) pending = results.then(pushAll).catch(fail).then(resume);
      else pushAll(results);
    } catch (error) {
      fail(error);
    }
  };

  return {
    emit(item) {
      if (failure !== undefined) return;
      if (pending === undefined) process(item);
      else waiting.push(item);
    },
    ready: () => pending ?? sink.ready?.(),
    async flush() {
      await waitUntilIdle();
      if (failure !== undefined) throw failure.error;
    },
  };
}
