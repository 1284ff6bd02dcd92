/** What may be asked of sessions from outside a run: which there are, what was said, that one begins anew or goes. */
import type { Changes } from "./changes.ts";
import type { StoredEntry } from "./store.ts";

/** A session, without what was said in it. */
export interface Session extends SessionSettings {
  readonly key: string;
  /** Of the conversation that the key stands for now; a reset begins another. */
  readonly id: string;
  readonly agentId: string;
  /** Name of the credential that the session belongs to. */
  readonly credential: string;
  readonly label: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Entries of the conversation, those that were replaced included. */
  readonly entries: number;
}

export interface SessionFilter {
  /** Who asks: a credential sees its own, the operator all. */
  readonly viewer: string;
  readonly agentId?: string | undefined;
  /** Only those that were used since. */
  readonly since?: number | undefined;
  readonly limit: number;
  /** Only those that come after this one. */
  readonly after?: Pick<Session, "key" | "updatedAt"> | undefined;
}

/** `before`: the newest entries below; `after`: the oldest ones above; neither: the newest of all. */
export interface PageRequest {
  readonly limit: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

export interface HistoryPage {
  readonly session: Session;
  /** Turns and summaries in the order in which they came; without those that a rewind has replaced. */
  readonly entries: readonly StoredEntry[];
  /** Of the whole conversation, counted in the same way. */
  readonly total: number;
  /** There are more in the direction that was asked for. */
  readonly more: boolean;
}

/** What was set for a session. */
export interface SessionSettings {
  /** What answers here instead of the agent's own choice: `<provider>/<id>`. */
  readonly model: string | undefined;
  readonly thinking: string | undefined;
}

/** What is absent stays as it is; null takes it away. */
export interface SessionPatch {
  readonly label?: string | null | undefined;
  readonly model?: string | null | undefined;
  readonly thinking?: string | null | undefined;
}

export interface SessionChange {
  readonly reason: "appended" | "reset" | "deleted" | "patched";
  /** Name of the credential that the session belongs to, or did. */
  readonly credential: string;
}

/** By session key, after the change is durable. */
export type SessionChanges = Changes<SessionChange>;

/** Whoever asks for a session that is another credential's gets the same `session_not_found` as for none. */
export interface SessionCatalog {
  /** The one that was used last comes first. */
  list(filter: SessionFilter): Promise<readonly Session[]>;
  find(key: string, viewer: string): Promise<Session>;
  history(key: string, viewer: string, page: PageRequest): Promise<HistoryPage>;
  /** Every entry of a conversation after `seq` as it came, rewinds too; at most `limit`. */
  entriesAfter(id: string, seq: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Of a session of whomever; undefined when there is none. */
  settings(key: string): Promise<SessionSettings | undefined>;
  patch(key: string, viewer: string, changes: SessionPatch): Promise<Session>;
  /** The key begins anew; a run that holds it can no longer write. Resolves to the new conversation. */
  reset(key: string, viewer: string): Promise<Session>;
  /** As if it had never been; a run that holds it can no longer write. */
  remove(key: string, viewer: string): Promise<void>;
  readonly changes: SessionChanges;
}
