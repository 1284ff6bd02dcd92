/** How the rows of a store are copied: the order in which they are read, and what is left out. */
import type { Tables } from "../schema.ts";

interface TableOrder {
  readonly columns: readonly string[];
  /** Whether no two rows have the same values in these columns. */
  readonly isUnique: boolean;
  /** Rows that are read at once. Some have long texts. */
  readonly pageRows: number;
}

const by = (columns: readonly string[], pageRows = 500): TableOrder => ({
  columns,
  isUnique: true,
  pageRows,
});

/** Tables of one row at most, which are replaced at the end. */
export const singleRowTables = ["clock", "audit_anchor"] as const;

/**
 * Undefined for tables that are not copied row by row: tables of one row, tables of running gateways, rows that live for an hour
 * at most, and the encryption key and the contents of files, which another store keeps elsewhere. A new table belongs here.
 */
const orders: Readonly<Record<keyof Tables, TableOrder | undefined>> = {
  store: undefined,
  clock: undefined,
  audit_anchor: undefined,
  nodes: undefined,
  session_waiters: undefined,
  secrets: undefined,
  file_chunks: undefined,
  rate_counts: undefined,
  tool_turns: undefined,
  credential_failures: undefined,
  sessions: by(["key"]),
  entries: by(["session_id", "seq"]),
  discarded: by(["session_id"]),
  responses: by(["id"]),
  response_documents: by(["response_id", "name"], 20),
  response_turns: by(["response_id", "seq"], 100),
  response_events: by(["response_id", "seq"], 100),
  files: by(["id"]),
  idempotency: by(["id"], 20),
  keys: by(["name"]),
  usage: { columns: ["at"], isUnique: false, pageRows: 500 },
  usage_hours: by(["hour", "credential", "agent_id", "provider", "model"]),
  budgets: by(["subject", "period", "start_at"]),
  audit: by(["seq"]),
  webhook_deliveries: by(["event_id", "url"]),
  system_events: by(["session_key", "seq"]),
};

export interface CopiedTable extends TableOrder {
  readonly name: string;
}

export const copiedTables: readonly CopiedTable[] = Object.entries(orders).flatMap(([name, order]) =>
  order === undefined ? [] : [{ name, ...order }],
);
