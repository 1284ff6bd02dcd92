/** The contract of the session store. Entries are appended and never changed. One lease at a time can append. */
import type { Turn } from "../types.ts";
import type { SystemEvent } from "./system-events.ts";

/** One event in the life of a session. */
export type Entry =
  | { readonly kind: "turn"; readonly runId: string; readonly turn: Turn }
  /** Removes the turns after entry `to` from the conversation, because a question was asked again. */
  | { readonly kind: "rewind"; readonly runId: string; readonly to: number }
  /** Replaces all turns but the last `kept` with a summary. */
  | { readonly kind: "compaction"; readonly runId: string; readonly summary: string; readonly kept: number }
  /** The items of OpenAI's API that stand for the turns of this run, or that were added with this id. */
  | { readonly kind: "items"; readonly runId: string; readonly items: readonly ConversationItem[] }
  /** Marks a run whose items, in the next entry, include items that change the settings of later runs. */
  | { readonly kind: "settings"; readonly runId: string }
  /** Deletes an item. Its turn, the one with this `seq`, is replaced, or removed when there is no replacement. */
  | {
      readonly kind: "deletion";
      readonly runId: null;
      readonly itemId: string;
      readonly change?: { readonly seq: number; readonly turn?: Turn } | undefined;
    }
  /** The gateway stopped during a run. */
  | { readonly kind: "interrupted"; readonly runId: null }
  /** What was stored here cannot be read. Never written. */
  | { readonly kind: "damaged"; readonly runId: string | null };

/** In the shape of the dialect that stored it. */
export interface ConversationItem {
  readonly id: string;
}

/** An entry with its position. `seq` counts from 1 without gaps within a conversation. */
export interface StoredEntry {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly entry: Entry;
}

export interface SessionLease {
  /** Name of the credential that owns the session. */
  readonly credential: string;
  /** Entries before the lease was acquired: those that decide about the conversation, from the last compaction on. */
  readonly entries: readonly StoredEntry[];
  /** Stores all entries or none; durable when it resolves. Rejects with `session_busy` when the lease was lost. */
  append(entries: readonly Entry[]): Promise<void>;
  /**
   * Stores the last entries and releases the lease, both or nothing. A new session without an entry is deleted. Without
   * entries the lease ends in any case: when this rejects, it expires.
   */
  release(lastEntries?: readonly Entry[]): Promise<void>;
}

export interface SessionOwner {
  readonly agentId: string;
  /** Name of the credential that owns the session. */
  readonly credential: string;
  /** Label of a session that is created. */
  readonly label?: string | undefined;
}

/** How long a caller waits for a session that another node has leased. */
export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly maxWaitMs: number;
}

export interface AcquireOptions extends WaitOptions {
  /** Whether the pending system events of the session are taken. A call that rejects takes none. */
  readonly takesSystemEvents?: boolean;
}

/** Returns the entries to store with a lease. The store may call it twice. */
export type GetFirstEntries = (
  entries: readonly StoredEntry[],
  systemEvents: readonly SystemEvent[],
) => readonly Entry[];

export interface SessionStore {
  /**
   * Acquires the lease of a session, and creates the session if it does not exist. Rejects with `session_not_found` when
   * it belongs to another credential, `session_busy` when it is leased, `storage_unavailable` when the store fails.
   * When `getFirstEntries` throws, the call rejects with its error and stores nothing. Without `options`, a session that is leased rejects at once.
   */
  acquire(
    key: string,
    owner: SessionOwner,
    getFirstEntries?: GetFirstEntries,
    options?: AcquireOptions,
  ): Promise<SessionLease>;
  close(): Promise<void>;
}
