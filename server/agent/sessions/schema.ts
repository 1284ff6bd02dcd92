/** The tables of the store, for SQLite and PostgreSQL alike. Times are milliseconds since the epoch. */

export interface Tables {
  readonly store: { readonly version: number };
  readonly sessions: SessionRow;
  readonly entries: EntryRow;
  readonly discarded: { readonly session_id: string };
  readonly responses: ResponseRow;
  readonly response_documents: ResponseDocumentRow;
  readonly response_turns: ResponseTurnRow;
  readonly response_events: ResponseEventsRow;
  readonly idempotency: IdempotencyRow;
  readonly keys: KeyRow;
}

export interface SessionRow {
  readonly key: string;
  /** The conversation that the key stands for now; a reset begins another. */
  readonly id: string;
  readonly agent_id: string;
  readonly credential: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly label: string | null;
  /** What answers here instead of the agent's own choice. */
  readonly model: string | null;
  readonly thinking: string | null;
  /** Who may append now; null when nobody runs. */
  readonly lease_owner: string | null;
  readonly lease_until: number | null;
  /** Fencing token: one more with every lease, so that a holder that lost its lease is told. */
  readonly fence: number;
}

/** Of a `session_id` that no session has any more, entries are garbage: `discarded` says of which. */
interface EntryRow {
  readonly session_id: string;
  readonly seq: number;
  readonly run_id: string | null;
  readonly at: number;
  readonly kind: string;
  /** JSON. */
  readonly payload: string;
}

interface ResponseRow {
  readonly id: string;
  readonly agent_id: string;
  readonly credential: string;
  readonly previous_id: string | null;
  readonly session_key: string | null;
  readonly status: string;
  /** 0 or 1: so is `whole`, which says that the turns are the whole context, not what was added to it. */
  readonly background: number;
  readonly whole: number;
  readonly turn_count: number;
  readonly event_count: number;
  readonly created_at: number;
  /** From here on nobody is shown it; it stays while another response continues it. */
  readonly expires_at: number;
}

/** What is large stands apart: a row is written anew whole whenever a field of it changes. */
interface ResponseDocumentRow {
  readonly response_id: string;
  readonly name: "request" | "response" | "input";
  /** JSON. */
  readonly payload: string;
}

interface ResponseTurnRow {
  readonly response_id: string;
  readonly seq: number;
  /** JSON. */
  readonly payload: string;
}

/** Events that were stored together. */
interface ResponseEventsRow {
  readonly response_id: string;
  /** Number of the first of them. */
  readonly seq: number;
  readonly count: number;
  /** One JSON text a line. */
  readonly payload: string;
}

interface IdempotencyRow {
  /** Digest of credential, method, path and key. */
  readonly id: string;
  readonly fingerprint: string;
  /** Whose claim it is while the answer is in the making; null when it is there. */
  readonly claim: string | null;
  readonly status: number | null;
  /** JSON. */
  readonly headers: string | null;
  readonly body: string | null;
  readonly expires_at: number;
}

/** A named key; of its secret there is the digest alone. */
export interface KeyRow {
  readonly name: string;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
  /** JSON, an array of texts; so are the agents, which are null for all. */
  readonly scopes: string;
  readonly agents: string | null;
  readonly requests_per_minute: number | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}
