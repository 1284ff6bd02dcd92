/** The newest response of one socket that is stored nowhere else: kept for whoever continues it on the same socket. */
import type {
  ChainEntry,
  ResponseChain,
  ResponseProgress,
  ResponseStore,
} from "../../agent/sessions/responses.ts";
import type { FindResponses } from "../../http/responses/previous.ts";

interface Kept extends ResponseChain {
  readonly id: string;
  readonly agentId: string;
  /** JSON, as a store has it. */
  readonly response: string;
  readonly input: string;
}

export interface Latest {
  /** Keeps a response while it is made. Once complete it takes the place of the one before. */
  readonly keep: Pick<ResponseStore, "create" | "append" | "finish">;
  /** Finds it first, then what is stored. */
  readonly find: FindResponses;
  forget(id: string): void;
}

export function createLatest(stored: FindResponses): Latest {
  let kept: Kept | undefined;
  let making: (Omit<Kept, "response" | "status"> & { turns: readonly ChainEntry[] }) | undefined;

  const grow = (id: string, { turns = [], context }: Omit<ResponseProgress, "status">): boolean => {
    if (making?.id !== id) return false;
    making.turns = [...(context ?? making.turns), ...turns];
    return true;
  };
  return {
    keep: {
      create({ id, agentId, sessionKey, turns, input }) {
        making = { id, agentId, sessionKey, turns, input };
        return Promise.resolve();
      },
      append: (id, progress) => Promise.resolve(grow(id, progress)),
      finish(id, end) {
        const grown = grow(id, end);
        const { status, response } = end;
        if (making !== undefined && (status === "completed" || status === "incomplete"))
          kept = { ...making, status, response };
        making = undefined;
        return Promise.resolve(grown);
      },
    },
    find: {
      chain(id, owner) {
        if (kept?.id !== id) return stored.chain(id, owner);
        return Promise.resolve(kept.agentId === owner.agentId ? { ...kept, fleeting: true } : undefined);
      },
      get: (id, viewer) => (kept?.id === id ? Promise.resolve(kept) : stored.get(id, viewer)),
      input: (id, viewer) => (kept?.id === id ? Promise.resolve(kept.input) : stored.input(id, viewer)),
    },
    forget(id) {
      if (kept?.id === id) kept = undefined;
    },
  };
}
