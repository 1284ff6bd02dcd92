/** Ends a provider call early: when the caller leaves, or when the provider is silent for too long. One timer a call. */
import { mapped } from "../../mapped.ts";
import type { ModelEvent } from "../types.ts";

export interface Watch {
  /** Fires when the call is to end; the socket hangs on it. */
  readonly signal: AbortSignal;
  ended(): "left" | "silent" | undefined;
  /** From now on the provider has so long to send something. */
  expect(ms: number): void;
  /** The time that was given last. */
  limitMs(): number;
  /** Nobody is reading: silence is not the provider's. */
  rest(): void;
  leave(): void;
  /** Lets go of the timer and of the caller's signal. */
  release(): void;
}

export function watchOver(caller: AbortSignal): Watch {
  const stop = new AbortController();
  let ended: "left" | "silent" | undefined;
  let timer: NodeJS.Timeout | undefined;
  let limit = 0;
  let waiting = false;
  let released = false;

  function end(why: "left" | "silent"): void {
    if (released) return;
    release();
    ended ??= why;
    stop.abort();
  }
  function release(): void {
    if (released) return;
    released = true;
    clearTimeout(timer);
    caller.removeEventListener("abort", leave);
  }
  const leave = (): void => end("left");

  if (caller.aborted) leave();
  else caller.addEventListener("abort", leave);

  return {
    signal: stop.signal,
    ended: () => ended,
    expect(ms) {
      if (ended !== undefined) return;
      waiting = true;
      if (ms === limit) {
        timer?.refresh();
        return;
      }
      clearTimeout(timer);
      limit = ms;
      timer = setTimeout(() => {
        if (waiting) end("silent");
      }, ms);
    },
    limitMs: () => limit,
    rest() {
      waiting = false;
    },
    leave,
    release,
  };
}

/** An event, or those that came together: to go on costs a generator more than an event. */
export type Said = ModelEvent | readonly ModelEvent[];

/** The events of a call under watch. Whoever stops reading them leaves, also in the middle of a wait. */
export function watched(
  caller: AbortSignal,
  answer: (watch: Watch) => AsyncGenerator<Said, void>,
): AsyncIterable<ModelEvent> {
  return {
    [Symbol.asyncIterator]() {
      const watch = watchOver(caller);
      const answered = answer(watch);
      const events = mapped<Said, ModelEvent>(answered, (said) => said)[Symbol.asyncIterator]();
      const end = async (): Promise<IteratorReturnResult<undefined>> => {
        await answered.return();
        return { done: true, value: undefined };
      };
      return {
        next: () => (watch.ended() === "left" ? end() : events.next()),
        // A generator would let `return` wait for the read that is under way.
        return: () => {
          watch.leave();
          return end();
        },
      };
    },
  };
}
