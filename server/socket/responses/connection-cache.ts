/**
 * Caches the latest response of one connection that is not stored, so that the next request on the connection can
 * continue it. OpenAI calls this the connection-local cache.
 */
import type {
  ChainEntry,
  ResponseChain,
  ResponseProgress,
  ResponseStore,
} from "../../agent/sessions/responses.ts";
import type { ResponseReader } from "../../dialects/responses/previous-response.ts";

interface CachedResponse extends ResponseChain {
  readonly id: string;
  readonly agentId: string;
  /** JSON, as in the store. */
  readonly response: string;
  readonly input: string;
}

export interface ConnectionCache {
  /** Caches a response in progress. When it ends well, it replaces the previous one. */
  readonly writer: Pick<ResponseStore, "create" | "append" | "finish">;
  /** Reads the cached response, or else the store. */
  readonly reader: ResponseReader;
  evict(id: string): void;
}

export function createConnectionCache(store: ResponseReader): ConnectionCache {
  let cached: CachedResponse | undefined;
  let pending: (Omit<CachedResponse, "response" | "status"> & { turns: readonly ChainEntry[] }) | undefined;

  const appendProgress = (id: string, { turns = [], context }: Omit<ResponseProgress, "status">): boolean => {
    if (pending?.id !== id) return false;
    pending.turns = [...(context ?? pending.turns), ...turns];
    return true;
  };
  return {
    writer: {
      create({ id, agentId, sessionKey, turns, input }) {
        pending = { id, agentId, sessionKey, turns, input };
        return Promise.resolve();
      },
      append: (id, progress) => Promise.resolve(appendProgress(id, progress)),
      finish(id, end) {
        const isPending = appendProgress(id, end);
        const { status, response } = end;
        if (pending !== undefined && (status === "completed" || status === "incomplete"))
          cached = { ...pending, status, response };
        pending = undefined;
        return Promise.resolve(isPending);
      },
    },
    reader: {
      chain(id, owner) {
        if (cached?.id !== id) return store.chain(id, owner);
        return Promise.resolve(cached.agentId === owner.agentId ? { ...cached, inMemory: true } : undefined);
      },
      get: (id, viewer) => (cached?.id === id ? Promise.resolve(cached) : store.get(id, viewer)),
      input: (id, viewer) => (cached?.id === id ? Promise.resolve(cached.input) : store.input(id, viewer)),
    },
    evict(id) {
      if (cached?.id === id) cached = undefined;
    },
  };
}
