/** Converts entries to rows of the store and back. */
import type { Tables } from "./schema.ts";
import { readStoredTurn } from "./stored-turn.ts";
import type { Entry, StoredEntry } from "./store.ts";

export type EntryRow = Tables["entries"];

export function toRow(
  sessionId: string,
  seq: number,
  at: number,
  { kind, runId, ...payload }: Entry,
): EntryRow {
  return { session_id: sessionId, seq, run_id: runId, at, kind, payload: JSON.stringify(payload) };
}

/** `toRow` of this or an older gateway wrote the row. A new shape of entries needs a new version of the store. */
export function toEntry(row: EntryRow): StoredEntry {
  const entry = { ...(JSON.parse(row.payload) as object), kind: row.kind, runId: row.run_id } as Entry;
  if (entry.kind !== "turn") return { seq: row.seq, at: row.at, entry };
  return { seq: row.seq, at: row.at, entry: { ...entry, turn: readStoredTurn(entry.turn) } };
}
