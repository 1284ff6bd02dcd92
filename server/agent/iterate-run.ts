/** Adapts a pushed run to an async iterable: the run waits until its consumer asks for the next event. */
import type { Run, RunEvent, RunSink } from "./types.ts";

type ExecuteRun = (run: Run, sink: RunSink) => Promise<void>;

/** The run starts with the first `next()`. `return()` aborts it and resolves when it has ended. */
export function iterateRun(run: Run, executeRun: ExecuteRun): AsyncIterable<RunEvent> {
  return {
    [Symbol.asyncIterator]() {
      const abandoned = new AbortController();
      const queue: RunEvent[] = [];
      let deliver: ((result: IteratorResult<RunEvent>) => void) | undefined;
      let resumeRun: (() => void) | undefined;
      let execution: Promise<void> | undefined;
      let hasEnded = false;

      const sink: RunSink = {
        emit(event) {
          hasEnded = event.type === "end";
          if (deliver === undefined) {
            queue.push(event);
            return;
          }
          const resolve = deliver;
          deliver = undefined;
          resolve({ done: false, value: event });
        },
        ready() {
          if (deliver !== undefined || abandoned.signal.aborted) return undefined;
          return new Promise((resolve) => (resumeRun = resolve));
        },
      };
      const resume = (): void => {
        const resolve = resumeRun;
        resumeRun = undefined;
        resolve?.();
      };

      return {
        next() {
          const event = queue.shift();
          if (event !== undefined) return Promise.resolve({ done: false, value: event });
          if (hasEnded || abandoned.signal.aborted) return Promise.resolve({ done: true, value: undefined });
          return new Promise((resolve) => {
            deliver = resolve;
            execution ??= executeRun({ ...run, signal: linkSignals(run.signal, abandoned) }, sink);
            resume();
          });
        },
        async return() {
          abandoned.abort();
          resume();
          await execution;
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** The caller's signal, or the consumer's leaving, whichever comes first. */
function linkSignals(signal: AbortSignal, abandoned: AbortController): AbortSignal {
  return AbortSignal.any([signal, abandoned.signal]);
}
