/** The runs of this process that have not ended: whoever watches sees their events, whoever may can abort them. */
import type { Run, RunEvent } from "./types.ts";

export interface RunningRuns {
  /** A run begins; it may still wait for its turn. */
  add(run: Run, abort: () => void): RunHandle;
  /** Aborts all runs that match; how many there were. */
  abort(matches: (run: Run) => boolean): number;
  count(): number;
  /** Sees every event of every run until the returned function is called. Must not throw. */
  watch(watcher: RunWatcher): () => void;
}

export type RunWatcher = (run: Run, event: RunEvent) => void;

export interface RunHandle {
  /** To be called with every event, the end included; returns it. */
  readonly told: <E extends RunEvent>(event: E) => E;
  /** The run is over. */
  remove(): void;
}

export function createRunningRuns(): RunningRuns {
  const running = new Map<Run, () => void>();
  const watchers = new Set<RunWatcher>();
  return {
    add(run, abort) {
      running.set(run, abort);
      return {
        told(event) {
          for (const watcher of watchers) watcher(run, event);
          return event;
        },
        remove: () => void running.delete(run),
      };
    },
    abort(matches) {
      const found = [...running].filter(([run]) => matches(run));
      for (const [, abort] of found) abort();
      return found.length;
    },
    count: () => running.size,
    watch(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}
