/** The sessions as seen from outside a run: list, history, settings, reset and deletion. */
import type { ChangeNotifier } from "./change-notifier.ts";
import type { StoredEntry } from "./store.ts";

/** A session without its entries. */
export interface Session extends SessionSettings {
  readonly key: string;
  /** Id of the current conversation of the key. A reset starts a new one. */
  readonly id: string;
  readonly agentId: string;
  /** Name of the credential that owns the session. */
  readonly credential: string;
  readonly label: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Number of entries in the conversation, including replaced ones. */
  readonly entries: number;
}

export interface SessionFilter {
  /** Credential that asks. It sees its own sessions, the operator sees all. */
  readonly viewer: string;
  readonly agentId?: string | undefined;
  /** Only sessions used at or after this time, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly limit: number;
  /** Last session of the previous page. */
  readonly after?: Pick<Session, "key" | "updatedAt"> | undefined;
}

/** `before`: the newest entries below this `seq`. `after`: the oldest entries above it. Neither: the newest entries. */
export interface PageRequest {
  readonly limit: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

export interface HistoryPage {
  readonly session: Session;
  /** Turns and summaries in the order of their `seq`, without those that a rewind has replaced. */
  readonly entries: readonly StoredEntry[];
  /** Number of such entries in the whole conversation. */
  readonly total: number;
  /** True when there are more entries in the requested direction. */
  readonly hasMore: boolean;
}

/** Settings of a session. */
export interface SessionSettings {
  /** Replaces the model of the agent: `<provider>/<id>`. */
  readonly model: string | undefined;
  readonly thinking: string | undefined;
}

/** An absent field stays as it is. Null removes the setting. */
export interface SessionPatch {
  readonly label?: string | null | undefined;
  readonly model?: string | null | undefined;
  readonly thinking?: string | null | undefined;
}

export interface SessionChange {
  readonly reason: "appended" | "reset" | "deleted" | "patched";
  /** Name of the credential that owns, or owned, the session. */
  readonly credential: string;
}

/** Notifies by session key, after the change is durable. */
export type SessionChangeNotifier = ChangeNotifier<SessionChange>;

/**
 * Rejects with `session_not_found` for an unknown session and for one that the viewer cannot see, and with
 * `storage_unavailable` when the store fails.
 */
export interface SessionCatalog {
  /** Returns the most recently used sessions first. */
  list(filter: SessionFilter): Promise<readonly Session[]>;
  find(key: string, viewer: string): Promise<Session>;
  history(key: string, viewer: string, page: PageRequest): Promise<HistoryPage>;
  /** Returns at most `limit` entries of a conversation after `seq`, including rewinds. */
  entriesAfter(id: string, seq: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Returns the newest entry that has the text, of the newest `limit` ones. Like `entriesAfter` it checks no permission. */
  findText(
    session: Pick<Session, "id" | "entries">,
    text: string,
    limit: number,
  ): Promise<StoredEntry | undefined>;
  /** Reads the settings without a permission check. Undefined for an unknown session. */
  settings(key: string): Promise<SessionSettings | undefined>;
  patch(key: string, viewer: string, patch: SessionPatch): Promise<Session>;
  /** Starts a new conversation under the key. A run that holds the lease can no longer write. */
  reset(key: string, viewer: string): Promise<Session>;
  /** Deletes the session. A run that holds the lease can no longer write. */
  remove(key: string, viewer: string): Promise<void>;
  readonly changes: SessionChangeNotifier;
}
