/** Finds out how runs of other nodes ended. A node tells of the runs only that another one waits for. */
import type { NodeBus } from "../lib/node-bus.ts";
import type { OwnedOutcome } from "./run-outcomes.ts";

interface SharedOutcomes {
  /** Asks the other nodes for the outcome of a run, now and until the returned function is called. */
  request(runId: string): () => void;
  /** Tells the outcome of a run of this node to the nodes that wait for it. */
  publish(runId: string, outcome: OwnedOutcome): void;
}

interface OutcomeMessage extends OwnedOutcome {
  readonly runId: string;
}

const maxAwaited = 10_000;
const maxMessageLength = 500;

export function shareOutcomes(
  bus: NodeBus,
  findOwn: (runId: string) => readonly OwnedOutcome[],
  onOutcome: (runId: string, outcome: OwnedOutcome) => void,
): SharedOutcomes {
  /** Runs that this node waits for, with the number of its callers. */
  const requested = new Map<string, number>();
  /** Runs that other nodes wait for. */
  const awaited = new Set<string>();
  const send = (runId: string, outcome: OwnedOutcome): void =>
    bus.publish("outcome", toMessage(runId, outcome));

  bus.subscribe("await-outcome", (data) => {
    const runId = data as string;
    const known = findOwn(runId);
    if (known.length === 0 && awaited.size < maxAwaited) awaited.add(runId);
    for (const outcome of known) send(runId, outcome);
  });
  bus.subscribe("outcome", (data) => {
    const { runId, ...outcome } = data as OutcomeMessage;
    if (requested.has(runId)) onOutcome(runId, outcome);
  });
  bus.onGap(() => {
    for (const runId of requested.keys()) bus.publish("await-outcome", runId);
  });
  return {
    request(runId) {
      requested.set(runId, (requested.get(runId) ?? 0) + 1);
      bus.publish("await-outcome", runId);
      return () => {
        const count = (requested.get(runId) ?? 1) - 1;
        if (count > 0) requested.set(runId, count);
        else requested.delete(runId);
      };
    },
    publish(runId, outcome) {
      if (awaited.delete(runId)) send(runId, outcome);
    },
  };
}

function toMessage(runId: string, { error, ...outcome }: OwnedOutcome): OutcomeMessage {
  const shortError = error && { ...error, message: error.message.slice(0, maxMessageLength) };
  return { runId, ...outcome, error: shortError };
}
