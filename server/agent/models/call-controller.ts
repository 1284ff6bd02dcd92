/** Ends a provider call early: when the caller aborts it, or when the provider sends nothing for too long. */
import { mapAsyncIterable } from "../../lib/map-stream.ts";
import type { ModelEvent } from "../types.ts";
import { createIdleTimer } from "./idle-timer.ts";

export interface CallController {
  /** Aborted when the call must end; it closes the socket. */
  readonly signal: AbortSignal;
  endReason(): "aborted" | "timed_out" | undefined;
  /** Gives the provider this long to send something, from now on. */
  startTimer(ms: number): void;
  /** The duration of the last `startTimer`. */
  timeoutMs(): number;
  /** Stops the timer while the consumer does not read: the provider cannot send then. */
  pauseTimer(): void;
  abort(): void;
  /** Clears the timer and stops listening to the caller's signal. */
  dispose(): void;
}

export function createCallController(caller: AbortSignal): CallController {
  const abortController = new AbortController();
  let endReason: "aborted" | "timed_out" | undefined;
  const timer = createIdleTimer(() => end("timed_out"));
  let isDisposed = false;

  function end(reason: "aborted" | "timed_out"): void {
    if (isDisposed) return;
    dispose();
    endReason ??= reason;
    abortController.abort();
  }
  function dispose(): void {
    if (isDisposed) return;
    isDisposed = true;
    timer.clear();
    caller.removeEventListener("abort", abort);
  }
  const abort = (): void => end("aborted");

  if (caller.aborted) abort();
  else caller.addEventListener("abort", abort);

  return {
    signal: abortController.signal,
    endReason: () => endReason,
    startTimer(ms) {
      if (endReason === undefined) timer.start(ms);
    },
    timeoutMs: timer.getDurationMs,
    pauseTimer: timer.pause,
    abort,
    dispose,
  };
}

/** One event, or the events of one read: a generator step costs more than an event. */
export type ModelEventBatch = ModelEvent | readonly ModelEvent[];

/** Streams the events of a call with a controller. `return()` aborts the call at once, also during a pending read. */
export function streamModelCall(
  caller: AbortSignal,
  stream: (controller: CallController) => AsyncGenerator<ModelEventBatch, void>,
): AsyncIterable<ModelEvent> {
  return {
    [Symbol.asyncIterator]() {
      const controller = createCallController(caller);
      const batches = stream(controller);
      const events = mapAsyncIterable<ModelEventBatch, ModelEvent>(batches, (batch) => batch)[
        Symbol.asyncIterator
      ]();
      const end = async (): Promise<IteratorReturnResult<undefined>> => {
        await batches.return();
        return { done: true, value: undefined };
      };
      return {
        next: () => (controller.endReason() === "aborted" ? end() : events.next()),
        // `return` of a generator would wait for the pending read.
        return: () => {
          controller.abort();
          return end();
        },
      };
    },
  };
}
