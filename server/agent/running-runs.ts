/** The runs of this process that have not ended. Watchers see the events of all of them. */
import type { Log } from "../lib/ports.ts";
import type { Run, RunEvent } from "./types.ts";

export interface RunningRuns {
  /** Registers a run that begins; it may still wait for its turn. */
  add(run: Run, abort: () => void): RunHandle;
  /** Aborts all runs that match and returns how many there were. */
  abort(matches: (run: Run) => boolean): number;
  count(): number;
  /** Calls the watcher with every event of every run until the returned function is called. */
  watch(watcher: RunWatcher): () => void;
}

export type RunWatcher = (run: Run, event: RunEvent) => void;

export interface RunHandle {
  /** Passes an event to the watchers. Call it with every event, the end included. */
  readonly publish: (event: RunEvent) => void;
  /** Call it when the run is over. */
  remove(): void;
}

export function createRunningRuns(log: Log): RunningRuns {
  const running = new Map<Run, () => void>();
  const watchers = new Set<RunWatcher>();
  return {
    add(run, abort) {
      running.set(run, abort);
      return {
        publish(event) {
          for (const watcher of watchers) {
            try {
              watcher(run, event);
            } catch (error) {
              // A watcher that fails must not end the run that it watches.
              log.error("a watcher of runs failed", {
                runId: run.id,
                event: event.type,
                error: String(error),
              });
            }
          }
        },
        remove: () => void running.delete(run),
      };
    },
    abort(matches) {
      const matchingRuns = [...running].filter(([run]) => matches(run));
      for (const [, abort] of matchingRuns) abort();
      return matchingRuns.length;
    },
    count: () => running.size,
    watch(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}
