/** One page of what was said in a conversation, without what was taken back. */
import type { Kysely } from "kysely";
import type { HistoryPage, PageRequest } from "./catalog.ts";
import { toEntry } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";

/** `last` is the number of the last entry of all. */
export async function historyPage(
  db: Kysely<Tables>,
  sessionId: string,
  last: number,
  { limit, before = Infinity, after }: PageRequest,
): Promise<Omit<HistoryPage, "session">> {
  const seqs = await shownSeqs(db, sessionId, last);
  const within = seqs.filter((seq) => seq < before && seq > (after ?? 0));
  const page = after === undefined ? within.slice(-limit) : within.slice(0, limit);
  const more = page.length < within.length;
  const wanted = new Set(page);
  const [from] = page;
  const to = page.at(-1);
  if (from === undefined || to === undefined) return { entries: [], total: seqs.length, more };
  const rows = await db
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", sessionId)
    .where("seq", ">=", from)
    .where("seq", "<=", to)
    .orderBy("seq")
    .execute();
  return { entries: rows.filter(({ seq }) => wanted.has(seq)).map(toEntry), total: seqs.length, more };
}

/** To know what counts, only the entries that say nothing have to be read: the others are numbered without gaps. */
async function shownSeqs(db: Kysely<Tables>, sessionId: string, last: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom("entries")
    .select(["seq", "kind", "payload"])
    .where("session_id", "=", sessionId)
    .where("kind", "in", ["rewind", "interrupted"])
    .execute();
  const marks = new Map(rows.map((row) => [row.seq, row]));
  const shown: number[] = [];
  for (let seq = 1; seq <= last; seq += 1) {
    const mark = marks.get(seq);
    if (mark === undefined) shown.push(seq);
    if (mark?.kind !== "rewind") continue;
    const { to } = JSON.parse(mark.payload) as { readonly to: number };
    while ((shown.at(-1) ?? 0) > to) shown.pop();
  }
  return shown;
}
