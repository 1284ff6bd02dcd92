/** The runs of this process that have not ended. Watchers see the events of all of them. */
import { describeError } from "../lib/errors.ts";
import { LinkedList } from "../lib/linked-list.ts";
import type { Log } from "../lib/ports.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Run, RunEvent } from "./types.ts";

export interface RunningRuns {
  /** Registers a run that begins; it may still wait for its turn. */
  add(run: Run, abort: (reason?: GatewayError) => void): RunHandle;
  /** Aborts all runs that match and returns how many there were. */
  abort(matches: (run: Run) => boolean): number;
  /** Aborts the runs that wait for their turn with this error, and returns how many there were. */
  abortWaiting(reason: GatewayError): number;
  /** Aborts the run that has produced most text, if it has any, with this error. Returns its id. */
  abortLargest(reason: GatewayError): string | undefined;
  count(): number;
  /** Resolves when all runs that are registered now have ended. */
  waitForCurrent(): Promise<void>;
  /** Watches every run that begins before the returned function is called. `createWatcher` is called once for each. */
  watch(createWatcher: (run: Run) => RunWatcher): () => void;
}

/** Takes every event of one run. */
export type RunWatcher = (event: RunEvent) => void;

export interface RunHandle {
  /** Passes an event to the watchers. Call it with every event, the end included. */
  readonly publish: (event: RunEvent) => void;
  /** Call it when the run is over. */
  remove(): void;
}

interface RunningRun {
  readonly run: Run;
  readonly abort: (reason?: GatewayError) => void;
  isWaiting: boolean;
  /** Characters that the run has produced. */
  size: number;
  /** Exists once something waits for the end of the run. */
  removed?: PromiseWithResolvers<void>;
}

export function createRunningRuns(log: Log): RunningRuns {
  const running = new LinkedList<RunningRun>();
  const watcherCreators = new Set<(run: Run) => RunWatcher>();
  return {
    add(run, abort) {
      const watchers = [...watcherCreators].map((createWatcher) => createWatcher(run));
      const entry: RunningRun = { run, abort, isWaiting: true, size: 0 };
      const node = running.add(entry);
      return {
        publish(event) {
          if (event.type === "start") entry.isWaiting = false;
          entry.size += measureSize(event);
          for (const watcher of watchers) {
            try {
              watcher(event);
            } catch (error) {
              // A watcher that fails must not end the run that it watches.
              log.error("a watcher of runs failed", {
                runId: run.id,
                event: event.type,
                error: describeError(error),
              });
            }
          }
        },
        remove() {
          running.remove(node);
          entry.removed?.resolve();
        },
      };
    },
    async waitForCurrent() {
      await Promise.all(Array.from(running, (entry) => (entry.removed ??= Promise.withResolvers()).promise));
    },
    abort(matches) {
      const matchingRuns = [...running].filter(({ run }) => matches(run));
      for (const { abort } of matchingRuns) abort();
      return matchingRuns.length;
    },
    abortWaiting(reason) {
      const waiting = [...running].filter(({ isWaiting }) => isWaiting);
      for (const { abort } of waiting) abort(reason);
      return waiting.length;
    },
    abortLargest(reason) {
      let largest: RunningRun | undefined;
      for (const entry of running) if (entry.size > (largest?.size ?? 0)) largest = entry;
      largest?.abort(reason);
      return largest?.run.id;
    },
    count: () => running.size,
    watch(createWatcher) {
      watcherCreators.add(createWatcher);
      return () => void watcherCreators.delete(createWatcher);
    },
  };
}

function measureSize(event: RunEvent): number {
  switch (event.type) {
    case "text":
    case "thinking":
    case "refusal":
    case "tool_output":
      return event.text.length;
    case "tool_call_arguments":
      return event.fragment.length;
    case "tool_result":
      return event.output.content.reduce(
        (size, part) => size + (part.type === "text" ? part.text.length : part.data.length),
        0,
      );
    case "start":
    case "tool_call":
    case "tool_start":
    case "step":
    case "state":
    case "tool_call_state":
    case "compaction":
    case "fallback":
    case "end":
      return 0;
  }
}
