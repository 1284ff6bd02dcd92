/** Cleans up at the start, from time to time and when asked, in steps so small that nobody has to wait for them. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Log } from "../types.ts";

/** Yields after every small step; what is not done when it is left is done the next time. */
type Sweep = () => AsyncGenerator<void>;

export interface Sweeper {
  /** Resolves when a whole round has been made. */
  now(): Promise<void>;
  /** There is something to do: a round begins in a moment. */
  soon(): void;
  /** Resolves when nothing is being done any more, nor will be. */
  stop(): Promise<void>;
}

export function createSweeper(
  sweeps: Readonly<Record<string, Sweep>>,
  everyMs: number,
  log: Log | undefined,
): Sweeper {
  let stopped = false;
  let wanted = false;
  let running: Promise<void> | undefined;

  const round = async (): Promise<void> => {
    for (const [name, sweep] of Object.entries(sweeps)) {
      if (stopped) return;
      try {
        for await (const _ of sweep()) {
          if (stopped) return;
          await nextTurn();
        }
      } catch (error) {
        log?.warn("the store could not be cleaned up", { what: name, cause: String(error) });
      }
    }
  };
  const rounds = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      await nextTurn();
      await round();
    }
    running = undefined;
  };
  const now = (): Promise<void> => {
    wanted = !stopped;
    running ??= rounds();
    return running;
  };
  const soon = (): void => void now();
  const timer = setInterval(soon, everyMs).unref();
  soon();
  return {
    now,
    soon,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
