/** The tables of the store, for SQLite and PostgreSQL. Times are milliseconds since the epoch. */
import type { FileChunkRow } from "./files.ts";
import type { UsageHourRow, UsageTableRow } from "./usage-schema.ts";

export interface Tables {
  readonly store: StoreRow;
  readonly sessions: SessionRow;
  readonly entries: EntryRow;
  readonly discarded: { readonly session_id: string };
  readonly responses: ResponseRow;
  readonly response_documents: ResponseDocumentRow;
  readonly response_turns: ResponseTurnRow;
  readonly response_events: ResponseEventsRow;
  readonly files: FileRow;
  readonly file_chunks: FileChunkRow;
  readonly idempotency: IdempotencyRow;
  readonly keys: KeyRow;
  readonly clock: ClockRow;
  readonly usage: UsageTableRow;
  readonly usage_hours: UsageHourRow;
  readonly budgets: BudgetRow;
  readonly audit: AuditRow;
  readonly audit_anchor: { readonly seq: number; readonly hash: string };
  readonly nodes: NodeRow;
  readonly session_waiters: SessionWaiterRow;
  readonly secrets: { readonly name: string; readonly value: string };
  readonly webhook_deliveries: WebhookDeliveryRow;
  readonly rate_counts: RateCountRow;
  readonly tool_turns: ToolTurnsRow;
  readonly credential_failures: CredentialFailureRow;
  readonly system_events: SystemEventRow;
}

/** One row. */
interface StoreRow {
  readonly version: number;
  /** Counts the writes of the probe: SQLite writes nothing when an update changes nothing. */
  readonly writes: number;
  /** Identifies the store. A copy has the same id. Empty in a store that no gateway of this version has opened. */
  readonly id: string;
  /** Gateways that know no version as new as this one cannot use the store any more. */
  readonly min_version: number;
}

/** One row. */
interface ClockRow {
  /** The clock at the last check. */
  readonly seen_at: number;
  /** Running time since the clock last jumped, up to a day. */
  readonly steady_ms: number;
  /** The latest time at which the clock was steady. */
  readonly latest_at: number;
}

export interface SessionRow {
  readonly key: string;
  /** Id of the current conversation of the key. A reset starts a new one. */
  readonly id: string;
  readonly agent_id: string;
  readonly credential: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly label: string | null;
  /** Replaces the model of the agent. */
  readonly model: string | null;
  readonly thinking: string | null;
  /** Id in OpenAI's API. Null for any other session. */
  readonly conversation_id: string | null;
  /** JSON: what the caller attached to the conversation. */
  readonly metadata: string | null;
  /** Node that can append. Null when no run is active. */
  readonly lease_owner: string | null;
  readonly lease_until: number | null;
  /** Fencing token. Every lease increments it, so that the writes of an older lease fail. */
  readonly fence: number;
}

/** Entries whose `session_id` is in `discarded` belong to no session any more. */
interface EntryRow {
  readonly session_id: string;
  readonly seq: number;
  readonly run_id: string | null;
  readonly at: number;
  readonly kind: string;
  /** JSON. */
  readonly payload: string;
  /** CRC-32 of kind and payload. Null in entries of older gateways. */
  readonly checksum: number | null;
}

interface ResponseRow {
  readonly id: string;
  readonly agent_id: string;
  readonly credential: string;
  readonly previous_id: string | null;
  readonly session_key: string | null;
  readonly status: string;
  /** 0 or 1. */
  readonly background: number;
  /** 0 or 1. 1: the turns are the whole context. 0: they continue the previous response. */
  readonly whole: number;
  readonly turn_count: number;
  readonly event_count: number;
  readonly created_at: number;
  /** Node that runs it. */
  readonly node: string | null;
  /** From then on the response is not found. The row stays while another response continues it. */
  readonly expires_at: number;
}

/** Large texts have rows of their own, because a change of one column rewrites the whole row. */
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

/** A batch of events. */
interface ResponseEventsRow {
  readonly response_id: string;
  /** Number of the first event. */
  readonly seq: number;
  readonly count: number;
  /** One JSON text per line. */
  readonly payload: string;
}

interface FileRow {
  readonly id: string;
  readonly credential: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

interface IdempotencyRow {
  /** Digest of credential, method, path and key. */
  readonly id: string;
  readonly fingerprint: string;
  /** Id of the claim while the request runs. Null when the result is stored. */
  readonly claim: string | null;
  /** Node that runs the request. */
  readonly node: string | null;
  readonly status: number | null;
  /** JSON. */
  readonly headers: string | null;
  readonly body: string | null;
  readonly expires_at: number;
}

/** A named key. Only the digest of its secret is stored. */
export interface KeyRow {
  readonly name: string;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
  /** A JSON array of strings. */
  readonly scopes: string;
  /** A JSON array of agent ids. Null: all agents. */
  readonly agents: string | null;
  readonly requests_per_minute: number | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

/** The spending of a key or an agent in a minute, a day or a month, reservations included. */
export interface BudgetRow {
  readonly subject: string;
  readonly period: "minute" | "day" | "month";
  readonly start_at: number;
  readonly tokens: number;
  readonly cost_micro_usd: number;
}

/** A process that uses the database. */
interface NodeRow {
  readonly id: string;
  /** Where it runs. */
  readonly name: string;
  /** Version of the gateway. */
  readonly version: string;
  readonly started_at: number;
  /** By the clock of the database. */
  readonly lease_until: number;
  /** At the last heartbeat. */
  readonly runs: number;
  /** 0 or 1. */
  readonly draining: number;
}

/** A node that waits for a session which another one has leased. The first to come is the first to get it. */
interface SessionWaiterRow {
  readonly session_key: string;
  readonly node: string;
  /** By the clock of the database, as `waits_until`. */
  readonly since: number;
  /** The place in the queue ends at this time, so that a node that has died blocks no other. */
  readonly waits_until: number;
}

/** One entry of the audit log. Rows are never changed; the oldest are deleted, and the anchor keeps the last deleted hash. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly action: string;
  readonly actor: string | null;
  readonly address: string | null;
  readonly target: string | null;
  readonly agent_id: string | null;
  readonly run_id: string | null;
  readonly request_id: string | null;
  readonly outcome: string;
  readonly code: string | null;
  readonly hash: string;
}

/** A text that waits for the next run of a session. */
export interface SystemEventRow {
  readonly session_key: string;
  /** Order within the session. */
  readonly seq: number;
  readonly text: string;
  readonly created_at: number;
}

/** An event that one receiver has not accepted yet. `due_at` and `expires_at` are by the clock of the database. */
export interface WebhookDeliveryRow {
  readonly event_id: string;
  /** Address of the receiver. */
  readonly url: string;
  readonly type: string;
  readonly response_id: string;
  /** When the response ended. */
  readonly created_at: number;
  /** Attempts that have begun. */
  readonly attempts: number;
  /** Time of the next attempt. While one is made, the end of its lease. */
  readonly due_at: number;
  /** From then on there is no further attempt. */
  readonly expires_at: number;
  /** Node that makes an attempt. Null between attempts. */
  readonly node: string | null;
}

/** The amount that was taken in one part of a window. */
interface RateCountRow {
  readonly name: string;
  /** By the clock of the database. */
  readonly start_at: number;
  readonly amount: number;
  /** The amount that the last statement has added. */
  readonly granted: number;
}

/** Failed credentials of one client address. Times are by the clock of the database. */
interface CredentialFailureRow {
  readonly address: string;
  readonly count: number;
  readonly window_ends: number;
  readonly locked_until: number;
}

/** Turns of agent tools that the client of a chat without a session has not seen. */
interface ToolTurnsRow {
  /** Digest of the conversation up to the call that the client answers. */
  readonly position: string;
  readonly credential: string;
  /** Size of the payload in UTF-8. */
  readonly bytes: number;
  /** By the clock of the database. */
  readonly expires_at: number;
  /** JSON. */
  readonly payload: string;
}
