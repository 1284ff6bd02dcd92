/** Converts entries to rows of the store and back. */
import { crc32 } from "node:zlib";
import type { Log } from "../../lib/ports.ts";
import { yieldAfterLongText } from "../../lib/yield-after-long-text.ts";
import type { Tables } from "./schema.ts";
import { readStoredTurn } from "./stored-turn.ts";
import type { Entry, StoredEntry } from "./store.ts";

export type EntryRow = Tables["entries"];

/** `lastSeq` is the `seq` of the entry before the first row. Other connections are served between the steps over a long entry. */
export async function toRows(
  sessionId: string,
  lastSeq: number,
  at: number,
  entries: readonly Entry[],
): Promise<readonly EntryRow[]> {
  const rows: EntryRow[] = [];
  for (const { kind, runId, ...content } of entries) {
    const payload = JSON.stringify(content);
    const row = { session_id: sessionId, seq: lastSeq + 1 + rows.length, run_id: runId, at, kind, payload };
    await yieldAfterLongText(payload);
    rows.push({ ...row, checksum: computeChecksum(row) });
    await yieldAfterLongText(payload);
  }
  return rows;
}

/** `toRows` of this or an older gateway wrote the row. A new shape of entries needs a new version of the store. */
export type ReadEntry = (row: EntryRow) => StoredEntry;

/** An entry that is not as it was written is `damaged`, and is logged once. The rest of its session is read as usual. */
export function createEntryReader(log: Log | undefined): ReadEntry {
  const reported = new Set<string>();
  return (row) => {
    const { seq, at } = row;
    const entry = readEntry(row);
    if (entry !== undefined) return { seq, at, entry };
    const id = `${row.session_id} ${seq}`;
    if (!reported.has(id)) log?.error("an entry of a session is damaged", { sessionId: row.session_id, seq });
    reported.add(id);
    return { seq, at, entry: { kind: "damaged", runId: row.run_id } };
  };
}

export async function readEntries(
  rows: readonly EntryRow[],
  readEntry: ReadEntry,
): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const row of rows) {
    const pause = yieldAfterLongText(row.payload);
    if (pause !== undefined) await pause;
    entries.push(readEntry(row));
    if (pause !== undefined) await yieldAfterLongText(row.payload);
  }
  return entries;
}

function readEntry(row: EntryRow): Entry | undefined {
  // Store versions before 8 have no checksums.
  if (row.checksum !== null && row.checksum !== computeChecksum(row)) return undefined;
  try {
    const entry = { ...(JSON.parse(row.payload) as object), kind: row.kind, runId: row.run_id } as Entry;
    return entry.kind === "turn" ? { ...entry, turn: readStoredTurn(entry.turn) } : entry;
  } catch {
    return undefined;
  }
}

function computeChecksum({ kind, payload }: Pick<EntryRow, "kind" | "payload">): number {
  return crc32(payload, crc32(kind));
}
