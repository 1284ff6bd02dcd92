/**
 * Caches, for each lane of one connection, its latest response that is not stored, so that the next request of any lane
 * can continue it. OpenAI calls this the connection-local cache.
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

export interface LaneCache {
  /** Caches a response in progress. When it ends well, it replaces the previous one. */
  readonly writer: Pick<ResponseStore, "create" | "append" | "finish">;
  /** Reads the cached response of any lane, or else the store. */
  readonly reader: ResponseReader;
  /** Removes the response when this lane has it. */
  evict(id: string): void;
  isEmpty(): boolean;
}

export interface ConnectionCache {
  openLane(): LaneCache;
}

export function createConnectionCache(store: ResponseReader): ConnectionCache {
  /** The latest responses of the lanes, by their ids. */
  const latest = new Map<string, CachedResponse>();
  const reader: ResponseReader = {
    chain(id, owner) {
      const cached = latest.get(id);
      if (cached === undefined) return store.chain(id, owner);
      return Promise.resolve(cached.agentId === owner.agentId ? { ...cached, inMemory: true } : undefined);
    },
    get: async (id, viewer) => latest.get(id) ?? store.get(id, viewer),
    input: async (id, viewer) => latest.get(id)?.input ?? store.input(id, viewer),
  };
  return { openLane: () => createLaneCache(latest, reader) };
}

function createLaneCache(latest: Map<string, CachedResponse>, reader: ResponseReader): LaneCache {
  let cachedId: string | undefined;
  let pending: (Omit<CachedResponse, "response" | "status"> & { turns: readonly ChainEntry[] }) | undefined;

  const appendProgress = (id: string, { turns = [], context }: Omit<ResponseProgress, "status">): boolean => {
    if (pending?.id !== id) return false;
    pending.turns = [...(context ?? pending.turns), ...turns];
    return true;
  };
  const replace = (next: CachedResponse | undefined): void => {
    if (cachedId !== undefined) latest.delete(cachedId);
    cachedId = next?.id;
    if (next !== undefined) latest.set(next.id, next);
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
          replace({ ...pending, status, response });
        pending = undefined;
        return Promise.resolve(isPending);
      },
    },
    reader,
    evict(id) {
      if (cachedId === id) replace(undefined);
    },
    isEmpty: () => cachedId === undefined,
  };
}
