/** The calls in flight that a later message may cancel, on this node and on those that share its store. */
import type { NodeBus } from "../../lib/node-bus.ts";

/** Identifies a call. Request ids are unique in a session only, and sessions belong to a credential. */
export interface CallId {
  readonly credential: string;
  readonly session: string;
  readonly request: string | number;
}

export interface CancellableCalls {
  /** Calls `cancel` when the call is cancelled before the returned function is called. */
  add(id: CallId, cancel: () => void): () => void;
  cancel(id: CallId): void;
}

const topic = "mcp.cancel";
/** The number 1 and the text "1" are two ids. */
const formatKey = ({ credential, session, request }: CallId): string =>
  JSON.stringify([credential, session, request]);

export function createCancellableCalls(bus: NodeBus): CancellableCalls {
  const calls = new Set<{ readonly key: string; readonly cancel: () => void }>();
  const cancelHere = (key: unknown): void => {
    for (const call of calls) if (call.key === key) call.cancel();
  };
  bus.subscribe(topic, cancelHere);
  return {
    add(id, cancel) {
      const call = { key: formatKey(id), cancel };
      calls.add(call);
      return () => void calls.delete(call);
    },
    cancel(id) {
      const key = formatKey(id);
      cancelHere(key);
      bus.publish(topic, key);
    },
  };
}
