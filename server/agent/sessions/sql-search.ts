/** Finds a text in the messages of a conversation. */
import { sql, type Kysely } from "kysely";
import { textsOf } from "./messages.ts";
import type { Session } from "./catalog.ts";
import type { ReadEntry } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";
import { listVisibleSeqs, replaceTurn } from "./sql-history.ts";
import type { StoredEntry } from "./store.ts";

/** Rows whose JSON has the text. Few have it in a field that is no text, such as the data of a picture. */
const maxCandidates = 50;

interface SearchOptions {
  readonly text: string;
  /** How many of the newest entries are searched. */
  readonly limit: number;
  readonly readEntry: ReadEntry;
}

export async function findText(
  db: Kysely<Tables>,
  { id, entries: lastSeq }: Pick<Session, "id" | "entries">,
  { text, limit, readEntry }: SearchOptions,
): Promise<StoredEntry | undefined> {
  const rows = await db
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", id)
    .where("seq", ">", lastSeq - limit)
    .where("kind", "in", ["turn", "compaction"])
    .where(sql<boolean>`lower(payload) like lower(${toPattern(text)}) escape '!'`)
    .orderBy("seq", "desc")
    .limit(maxCandidates)
    .execute();
  if (rows.length === 0) return undefined;
  const { seqs, replacements } = await listVisibleSeqs(db, id, lastSeq);
  const visible = new Set(seqs);
  const words = text.toLowerCase();
  return rows
    .filter(({ seq }) => visible.has(seq))
    .map((row) => replaceTurn(readEntry(row), replacements.get(row.seq)))
    .find((entry) => textsOf(entry).some((each) => each.toLowerCase().includes(words)));
}

/** The text as it stands in JSON, without wildcards. */
const toPattern = (text: string): string =>
  `%${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[!%_]/g, (character) => `!${character}`)}%`;
