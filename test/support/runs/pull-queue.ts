/** Adapts a pushed source to an async iterable: the source waits until its consumer asks for the next item. */
import type { Sink } from "../../../server/lib/ports.ts";

/**
 * The source starts with the first `next()` and must not reject. `return()` aborts its signal and resolves when it has ended.
 * Items that are pushed before they are asked for are kept. A source that awaits `ready` pushes one at a time.
 */
export function createPullQueue<Item>(
  signal: AbortSignal,
  start: (sink: Required<Sink<Item>>, signal: AbortSignal) => Promise<void>,
): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const abandoned = new AbortController();
      const queue: Item[] = [];
      let deliver: ((result: IteratorResult<Item>) => void) | undefined;
      let resumeSource: (() => void) | undefined;
      let source: Promise<void> | undefined;
      let hasEnded = false;

      const sink: Required<Sink<Item>> = {
        emit(item) {
          if (deliver === undefined) {
            queue.push(item);
            return;
          }
          const resolve = deliver;
          deliver = undefined;
          resolve({ done: false, value: item });
        },
        ready() {
          if (deliver !== undefined || abandoned.signal.aborted) return undefined;
          return new Promise((resolve) => (resumeSource = resolve));
        },
      };
      const resume = (): void => {
        const resolve = resumeSource;
        resumeSource = undefined;
        resolve?.();
      };
      const end = (): void => {
        hasEnded = true;
        deliver?.({ done: true, value: undefined });
        deliver = undefined;
      };

      return {
        next() {
          const item = queue.shift();
          if (item !== undefined) return Promise.resolve({ done: false, value: item });
          if (hasEnded || abandoned.signal.aborted) return Promise.resolve({ done: true, value: undefined });
          return new Promise((resolve) => {
            deliver = resolve;
            source ??= start(sink, AbortSignal.any([signal, abandoned.signal])).finally(end);
            resume();
          });
        },
        async return() {
          abandoned.abort();
          resume();
          await source;
          return { done: true, value: undefined };
        },
      };
    },
  };
}
