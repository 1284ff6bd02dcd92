/** Reads the entries of a conversation that decide about its turns: from the last compaction on, with the turns it keeps. */
import type { Transaction } from "kysely";
import { readEntries, type ReadEntry } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";
import type { StoredEntry } from "./store.ts";
import { selectVisibleTurns } from "./transcript.ts";

/** The newest entries of a conversation. */
export interface EntryWindow {
  readonly entries: readonly StoredEntry[];
  /** Size of the stored entries. */
  readonly characters: number;
}

export const emptyWindow: EntryWindow = { entries: [], characters: 0 };

/** The largest `seq` that the databases can store. */
const maxSeq = 2 ** 31 - 1;
/** Number of entries that are read first. Each further batch has twice as many. */
const firstBatchSize = 128;

export async function readRecentEntries(
  tx: Transaction<Tables>,
  sessionId: string,
  readEntry: ReadEntry,
  firstSize = firstBatchSize,
): Promise<EntryWindow> {
  let entries: readonly StoredEntry[] = [];
  let characters = 0;
  for (let size = firstSize; ; size *= 2) {
    const rows = await tx
      .selectFrom("entries")
      .selectAll()
      .where("session_id", "=", sessionId)
      .where("seq", "<", entries[0]?.seq ?? maxSeq)
      .orderBy("seq", "desc")
      .limit(size)
      .execute();
    for (const { payload } of rows) characters += payload.length;
    entries = (await readEntries(rows.toReversed(), readEntry)).concat(entries);
    const firstSeq = rows.length < size ? 0 : findFirstSeq(entries);
    if (firstSeq === undefined) continue;
    return { entries: entries.filter(({ seq }) => seq >= firstSeq), characters };
  }
}

/** Returns the `seq` of the last turn that the last compaction replaces. Undefined when it is not among the entries. */
function findFirstSeq(entries: readonly StoredEntry[]): number | undefined {
  const index = entries.findLastIndex(({ entry }) => entry.kind === "compaction");
  const entry = entries[index]?.entry;
  if (entry?.kind !== "compaction") return undefined;
  const turns = selectVisibleTurns(entries.slice(0, index));
  return turns[turns.length - entry.kept - 1]?.seq;
}
