/** Remembers how the last runs ended, and tells those who wait for one. */
import { maySee } from "./sessions/access.ts";
import type { RunningRuns } from "./running-runs.ts";
import type { Clock, Run, RunEvent } from "./types.ts";

export interface RunEnd {
  readonly sessionKey: string | undefined;
  /** Absent when its turn never came. */
  readonly startedAt: number | undefined;
  readonly endedAt: number;
  readonly end: Extract<RunEvent, { type: "end" }>;
}

export interface RunEnds {
  /** Resolves to the end of a run that the viewer may see, or to undefined when `signal` is aborted before it. */
  wait(runId: string, viewer: string, signal: AbortSignal): Promise<RunEnd | undefined>;
}

interface Ended extends RunEnd {
  readonly credential: string;
  /** Whose session it ran in. */
  readonly owner: string | undefined;
}

interface Waiter {
  readonly viewer: string;
  readonly settle: (end: Ended) => void;
}

/** Ends that are remembered; the oldest are forgotten first. */
const maxEnds = 1_000;

export function createRunEnds(running: RunningRuns, clock: Clock): RunEnds {
  const starts = new WeakMap<Run, { readonly at: number; readonly owner: string | undefined }>();
  /** By id and credential: another credential may use the same id. */
  const ends = new Map<string, Ended>();
  const waiters = new Map<string, Set<Waiter>>();

  running.watch((run, event) => {
    if (event.type === "start") starts.set(run, { at: clock(), owner: event.owner });
    if (event.type !== "end") return;
    const { id, credential, sessionKey } = run;
    const { at: startedAt, owner } = starts.get(run) ?? {};
    const ended = { credential, owner, sessionKey, startedAt, endedAt: clock(), end: event };
    const place = placeOf(id, credential);
    ends.delete(place);
    ends.set(place, ended);
    if (ends.size > maxEnds) ends.delete(ends.keys().next().value ?? "");
    for (const waiter of waiters.get(id) ?? []) if (mayKnow(waiter.viewer, ended)) waiter.settle(ended);
  });

  const find = (runId: string, viewer: string): Ended | undefined => {
    const own = ends.get(placeOf(runId, viewer));
    if (own !== undefined) return own;
    const prefix = placeOf(runId, "");
    for (const [place, ended] of ends) if (place.startsWith(prefix) && mayKnow(viewer, ended)) return ended;
    return undefined;
  };

  return {
    wait(runId, viewer, signal) {
      const found = find(runId, viewer);
      if (found !== undefined || signal.aborted) return Promise.resolve(found);
      return new Promise((resolve) => {
        const group = waiters.get(runId) ?? new Set();
        waiters.set(runId, group);
        const settle = (end?: Ended): void => {
          signal.removeEventListener("abort", giveUp);
          group.delete(waiter);
          if (group.size === 0) waiters.delete(runId);
          resolve(end);
        };
        const giveUp = (): void => settle();
        const waiter: Waiter = { viewer, settle };
        group.add(waiter);
        signal.addEventListener("abort", giveUp);
      });
    },
  };
}

function mayKnow(viewer: string, { credential, owner }: Ended): boolean {
  return maySee(viewer, credential) || viewer === owner;
}

function placeOf(runId: string, credential: string): string {
  return `${runId}\n${credential}`;
}
