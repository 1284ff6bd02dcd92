/** Remembers the outcomes of recent runs, and lets callers wait for one. */
import { canView } from "./sessions/permissions.ts";
import type { RunningRuns } from "./running-runs.ts";
import type { NodeBus } from "../lib/node-bus.ts";
import type { Clock } from "../lib/ports.ts";
import { shareOutcomes } from "./share-outcomes.ts";
import type { ErrorCode } from "../../contracts/errors.ts";
import type { EndReason } from "./types.ts";

export interface RunOutcome {
  readonly sessionKey: string | undefined;
  /** Absent for a run that ended while it waited for its session or a run slot. */
  readonly startedAt: number | undefined;
  readonly endedAt: number;
  readonly reason: EndReason;
  /** Not the error itself: its stack keeps alive what the run knew, the text of its answer too. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
}

export interface RunOutcomes {
  /** Resolves to the outcome of a run that the viewer can see, or to undefined when `signal` is aborted first. */
  wait(runId: string, viewer: string, signal: AbortSignal): Promise<RunOutcome | undefined>;
}

export interface OwnedOutcome extends RunOutcome {
  readonly credential: string;
  /** Name of the credential that owns the session of the run. */
  readonly owner: string | undefined;
}

interface Waiter {
  readonly viewer: string;
  readonly settle: (end: OwnedOutcome) => void;
}

/** Outcomes that are remembered. The oldest are dropped first. */
const maxOutcomes = 1_000;
/** Characters of an error's message. */
const maxMessageLength = 4_096;

export function createRunOutcomes(running: RunningRuns, bus: NodeBus, clock: Clock): RunOutcomes {
  /** A ring: the next outcome replaces the one at `next`, the oldest. Two credentials can use the same id. */
  const outcomes: { readonly id: string; readonly outcome: OwnedOutcome }[] = [];
  let next = 0;
  const waiters = new Map<string, Set<Waiter>>();

  const remember = (id: string, outcome: OwnedOutcome): void => {
    outcomes[next] = { id, outcome };
    next = (next + 1) % maxOutcomes;
    for (const waiter of waiters.get(id) ?? [])
      if (canViewOutcome(waiter.viewer, outcome)) waiter.settle(outcome);
  };
  /** The latest first. */
  const listOutcomes = (id: string): readonly OwnedOutcome[] =>
    [...outcomes.slice(next), ...outcomes.slice(0, next)]
      .filter((each) => each.id === id)
      .map(({ outcome }) => outcome)
      .toReversed();
  const shared = shareOutcomes(bus, listOutcomes, remember);
  running.watch(({ id, credential, sessionKey }) => {
    let startedAt: number | undefined;
    let owner: string | undefined;
    return (event) => {
      if (event.type === "start") {
        startedAt = clock();
        owner = event.owner;
      } else if (event.type === "end") {
        const { reason, error } = event;
        const outcome = {
          credential,
          owner,
          sessionKey,
          startedAt,
          endedAt: clock(),
          reason,
          error: error && { code: error.code, message: error.message.slice(0, maxMessageLength) },
        };
        remember(id, outcome);
        shared.publish(id, outcome);
      }
    };
  });

  const find = (runId: string, viewer: string): OwnedOutcome | undefined => {
    const known = listOutcomes(runId);
    return (
      known.find(({ credential }) => credential === viewer) ??
      known.find((outcome) => canViewOutcome(viewer, outcome))
    );
  };

  return {
    wait(runId, viewer, signal) {
      const knownOutcome = find(runId, viewer);
      if (knownOutcome !== undefined || signal.aborted) return Promise.resolve(knownOutcome);
      return new Promise((resolve) => {
        const runWaiters = waiters.get(runId) ?? new Set();
        waiters.set(runId, runWaiters);
        const stopRequest = shared.request(runId);
        const settle = (end?: OwnedOutcome): void => {
          signal.removeEventListener("abort", onAbort);
          runWaiters.delete(waiter);
          stopRequest();
          if (runWaiters.size === 0) waiters.delete(runId);
          resolve(end);
        };
        const onAbort = (): void => settle();
        const waiter: Waiter = { viewer, settle };
        runWaiters.add(waiter);
        signal.addEventListener("abort", onAbort);
      });
    },
  };
}

function canViewOutcome(viewer: string, { credential, owner }: OwnedOutcome): boolean {
  return canView(viewer, credential) || viewer === owner;
}
