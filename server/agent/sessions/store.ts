/** What a session store promises. Entries are appended, never changed; one lease at a time may append. */
import type { Turn } from "../types.ts";

/** One thing that happened in a session. */
export type Entry =
  | { readonly kind: "turn"; readonly runId: string; readonly turn: Turn }
  /** The turns after entry `to` are no longer part of the conversation: a question was asked again. */
  | { readonly kind: "rewind"; readonly runId: string; readonly to: number }
  /** All turns but the last `kept` are now told by a summary. */
  | { readonly kind: "compaction"; readonly runId: string; readonly summary: string; readonly kept: number }
  /** The gateway stopped in the middle of a run. */
  | { readonly kind: "interrupted"; readonly runId: null };

/** An entry in its place: `seq` counts from 1 without gaps within a session. */
export interface StoredEntry {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly entry: Entry;
}

export interface SessionLease {
  /** Name of the credential that the session belongs to. */
  readonly credential: string;
  /** Everything that was stored when the lease was taken. */
  readonly entries: readonly StoredEntry[];
  /** Durable when it resolves; all of them or none. Rejects once another holder has taken over. */
  append(entries: readonly Entry[]): Promise<void>;
  /** Gives the lease back. A session that never got an entry leaves no trace. */
  release(): Promise<void>;
}

export interface SessionOwner {
  readonly agentId: string;
  /** Name of the credential that the session belongs to. */
  readonly credential: string;
}

export interface SessionStore {
  /**
   * Takes the lease of a session, which begins here if it does not exist. Rejects with `session_not_found` when
   * it is another credential's, `session_busy` when it is leased, `storage_unavailable` when nothing can be written.
   */
  acquire(key: string, owner: SessionOwner): Promise<SessionLease>;
  close(): Promise<void>;
}
