/** The audit log: entries that are only appended. Each has a hash over itself and the hash before it. */
import { createHash } from "node:crypto";

export interface AuditEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What was done, such as `keys.create`. */
  readonly action: string;
  /** Name of the credential. Absent for a rejected one and for the gateway itself. */
  readonly actor?: string | undefined;
  /** Address of the client. */
  readonly address?: string | undefined;
  /** What it was done to: a session, a key, a tool. */
  readonly target?: string | undefined;
  readonly agentId?: string | undefined;
  readonly runId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly outcome: "ok" | "error" | "denied";
  /** The error code. */
  readonly code?: string | undefined;
}

export interface AuditEntry extends AuditEvent {
  /** Counts from 1 without gaps. */
  readonly seq: number;
  readonly hash: string;
}

export interface AuditQuery {
  /** Only entries after this one. */
  readonly after: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly limit: number;
}

export interface AuditVerification {
  readonly entries: number;
  /** The last entry whose hash is known: an entry, or the last one that was deleted because of its age. */
  readonly lastSeq: number;
  readonly lastHash: string;
  /** The first entry that was changed, or that follows a missing one. */
  readonly brokenSeq: number | undefined;
}

/** Every call rejects with `storage_unavailable` when the store fails. */
export interface AuditStore {
  /** Appends all events or none; durable when it resolves. */
  add(events: readonly AuditEvent[]): Promise<void>;
  list(query: AuditQuery): Promise<readonly AuditEntry[]>;
  verify(): Promise<AuditVerification>;
}

/** The hash before the first entry. */
export const firstHash = "0".repeat(64);

/** Returns the SHA-256 of the hash before, the number and the event, in hexadecimal digits. */
export function hashAuditEvent(previousHash: string, seq: number, event: AuditEvent): string {
  const { at, action, actor, address, target, agentId, runId, requestId, outcome, code } = event;
  const fields = [seq, at, action, actor, address, target, agentId, runId, requestId, outcome, code];
  const text = JSON.stringify([previousHash, ...fields.map((field) => field ?? null)]);
  return createHash("sha256").update(text).digest("hex");
}
