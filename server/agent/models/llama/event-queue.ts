/** What is pushed from callbacks, for one reader to iterate. */

export interface EventQueue<T> extends AsyncIterable<T> {
  push(event: T): void;
  end(): void;
}

/** Ends at once when aborted: what comes later is for nobody. */
export function eventQueue<T>(signal: AbortSignal): EventQueue<T> {
  const waiting: T[] = [];
  let ended = signal.aborted;
  let wake = (): void => {};
  const end = (): void => {
    ended = true;
    wake();
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    push(event) {
      waiting.push(event);
      wake();
    },
    end,
    async *[Symbol.asyncIterator]() {
      while (!signal.aborted) {
        if (waiting.length > 0) yield* waiting.splice(0);
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
