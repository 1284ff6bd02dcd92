/** Reads one page of a conversation, without the entries that a rewind has replaced. */
import type { Kysely } from "kysely";
import type { HistoryPage, PageRequest } from "./catalog.ts";
import type { ReadEntry } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";

/** `lastSeq` is the `seq` of the last entry of the conversation. */
export async function readHistoryPage(
  db: Kysely<Tables>,
  sessionId: string,
  lastSeq: number,
  { limit, before = Infinity, after }: PageRequest,
  readEntry: ReadEntry,
): Promise<Omit<HistoryPage, "session">> {
  const seqs = await listVisibleSeqs(db, sessionId, lastSeq);
  const seqsInRange = seqs.filter((seq) => seq < before && seq > (after ?? 0));
  const pageSeqs = after === undefined ? seqsInRange.slice(-limit) : seqsInRange.slice(0, limit);
  const hasMore = pageSeqs.length < seqsInRange.length;
  const pageSeqSet = new Set(pageSeqs);
  const [firstSeq] = pageSeqs;
  const finalSeq = pageSeqs.at(-1);
  if (firstSeq === undefined || finalSeq === undefined) return { entries: [], total: seqs.length, hasMore };
  const rows = await db
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", sessionId)
    .where("seq", ">=", firstSeq)
    .where("seq", "<=", finalSeq)
    .orderBy("seq")
    .execute();
  return {
    entries: rows.filter(({ seq }) => pageSeqSet.has(seq)).map(readEntry),
    total: seqs.length,
    hasMore,
  };
}

/** Reads only the rewinds and interruptions. All other entries count, and `seq` has no gaps. */
async function listVisibleSeqs(
  db: Kysely<Tables>,
  sessionId: string,
  lastSeq: number,
): Promise<readonly number[]> {
  const rows = await db
    .selectFrom("entries")
    .select(["seq", "kind", "payload"])
    .where("session_id", "=", sessionId)
    .where("kind", "in", ["rewind", "interrupted"])
    .execute();
  const markers = new Map(rows.map((row) => [row.seq, row]));
  const visibleSeqs: number[] = [];
  for (let seq = 1; seq <= lastSeq; seq += 1) {
    const marker = markers.get(seq);
    if (marker === undefined) visibleSeqs.push(seq);
    if (marker?.kind !== "rewind") continue;
    const { to } = JSON.parse(marker.payload) as { readonly to: number };
    while ((visibleSeqs.at(-1) ?? 0) > to) visibleSeqs.pop();
  }
  return visibleSeqs;
}
