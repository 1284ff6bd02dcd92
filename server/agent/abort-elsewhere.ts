/** Aborts runs on the other nodes that share the store. */
import type { NodeBus } from "../lib/node-bus.ts";
import { canView } from "./sessions/permissions.ts";
import type { Run } from "./types.ts";

export interface RunFilter {
  readonly runId?: string | undefined;
  readonly sessionKey?: string | undefined;
  /** Only runs whose credential this one may see. */
  readonly viewer?: string | undefined;
}

type AbortMatching = (matches: (run: RunIdentity) => boolean) => unknown;
type RunIdentity = Pick<Run, "id" | "credential" | "sessionKey">;

/** Resolves to the ids of the runs that were aborted, within a second. */
export type AbortElsewhere = (filter: RunFilter) => Promise<readonly string[]>;

const topic = "abort";

/** Also answers the other nodes. `abort` aborts the runs of this node that match. */
export function createAbortElsewhere(bus: NodeBus, abort: AbortMatching): AbortElsewhere {
  answerAborts(bus, abort);
  return async (filter) => (await bus.ask(topic, filter)).flat() as string[];
}

/** Aborts the runs that other nodes ask for. `abort` aborts the runs of this node that match. */
export function answerAborts(bus: NodeBus, abort: AbortMatching): void {
  bus.answer(topic, (data) => {
    const { runId, sessionKey, viewer } = data as RunFilter;
    const ids: string[] = [];
    abort((run) => {
      const isMatch =
        (runId === undefined || run.id === runId) &&
        (sessionKey === undefined || run.sessionKey === sessionKey) &&
        (viewer === undefined || canView(viewer, run.credential));
      if (isMatch) ids.push(run.id);
      return isMatch;
    });
    return ids.length > 0 ? ids : undefined;
  });
}
