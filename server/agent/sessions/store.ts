/** The contract of the session store. Entries are appended and never changed. One lease at a time can append. */
import type { Turn } from "../types.ts";

/** One event in the life of a session. */
export type Entry =
  | { readonly kind: "turn"; readonly runId: string; readonly turn: Turn }
  /** Removes the turns after entry `to` from the conversation, because a question was asked again. */
  | { readonly kind: "rewind"; readonly runId: string; readonly to: number }
  /** Replaces all turns but the last `kept` with a summary. */
  | { readonly kind: "compaction"; readonly runId: string; readonly summary: string; readonly kept: number }
  /** The gateway stopped during a run. */
  | { readonly kind: "interrupted"; readonly runId: null };

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
  /** All entries at the time when the lease was acquired. */
  readonly entries: readonly StoredEntry[];
  /** Stores all entries or none; durable when it resolves. Rejects with `session_busy` when the lease was lost. */
  append(entries: readonly Entry[]): Promise<void>;
  /** Releases the lease. A new session without an entry is deleted. */
  release(): Promise<void>;
}

export interface SessionOwner {
  readonly agentId: string;
  /** Name of the credential that owns the session. */
  readonly credential: string;
}

export interface SessionStore {
  /**
   * Acquires the lease of a session, and creates the session if it does not exist. Rejects with `session_not_found` when
   * it belongs to another credential, `session_busy` when it is leased, `storage_unavailable` when the store fails.
   */
  acquire(key: string, owner: SessionOwner): Promise<SessionLease>;
  close(): Promise<void>;
}
