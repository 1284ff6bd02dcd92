/** Reads one page of a conversation, without the entries that a rewind or a deletion has removed. */
import { sql, type Kysely } from "kysely";
import type { HistoryPage, PageRequest } from "./catalog.ts";
import { readEntries, type ReadEntry } from "./entry-rows.ts";
import type { Turn } from "../types.ts";
import type { Tables } from "./schema.ts";
import type { Entry, StoredEntry } from "./store.ts";

/** Bytes of the entries of a page, unless a single entry has more. A page is held in memory and serialized in one step. */
const maxPageBytes = 16_000_000;

/** `lastSeq` is the `seq` of the last entry of the conversation. */
export async function readHistoryPage(
  db: Kysely<Tables>,
  sessionId: string,
  lastSeq: number,
  { limit, before = Infinity, after }: PageRequest,
  readEntry: ReadEntry,
): Promise<Omit<HistoryPage, "session">> {
  const { seqs, replacements } = await listVisibleSeqs(db, sessionId, lastSeq);
  const seqsInRange = seqs.filter((seq) => seq < before && seq > (after ?? 0));
  const limitedSeqs = after === undefined ? seqsInRange.slice(-limit) : seqsInRange.slice(0, limit);
  const pageSeqs = await selectByBytes(db, sessionId, limitedSeqs, after === undefined ? "last" : "first");
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
  const entries = await readEntries(
    rows.filter(({ seq }) => pageSeqSet.has(seq)),
    readEntry,
  );
  return {
    entries: entries.map((stored) => replaceTurn(stored, replacements.get(stored.seq))),
    total: seqs.length,
    hasMore,
  };
}

/** Returns the first or last entries whose bytes fit in a page, at least one. */
async function selectByBytes(
  db: Kysely<Tables>,
  sessionId: string,
  seqs: readonly number[],
  end: "first" | "last",
): Promise<readonly number[]> {
  const [first = 0] = seqs;
  const rows = await db
    .selectFrom("entries")
    .select(["seq", sql<number>`octet_length(payload)`.as("bytes")])
    .where("session_id", "=", sessionId)
    .where("seq", ">=", first)
    .where("seq", "<=", seqs.at(-1) ?? 0)
    .execute();
  const bytesBySeq = new Map(rows.map(({ seq, bytes }) => [seq, bytes]));
  let total = 0;
  const excess = (end === "last" ? seqs.toReversed() : seqs).findIndex((seq, index) => {
    total += bytesBySeq.get(seq) ?? 0;
    return index > 0 && total > maxPageBytes;
  });
  if (excess === -1) return seqs;
  return end === "last" ? seqs.slice(-excess) : seqs.slice(0, excess);
}

interface VisibleSeqs {
  readonly seqs: readonly number[];
  /** Turns that a deletion has shortened, by their `seq`. */
  readonly replacements: ReadonlyMap<number, Turn>;
}

const markerKinds: readonly Entry["kind"][] = ["rewind", "interrupted", "settings", "items", "deletion"];

/** Reads the contents of rewinds and deletions only. `seq` has no gaps, so that each number without a marker has content. */
export async function listVisibleSeqs(
  db: Kysely<Tables>,
  sessionId: string,
  lastSeq: number,
): Promise<VisibleSeqs> {
  const rows = await db
    .selectFrom("entries")
    .select(["seq", "kind"])
    .select((eb) =>
      eb.case().when("kind", "in", ["rewind", "deletion"]).then(eb.ref("payload")).end().as("payload"),
    )
    .where("session_id", "=", sessionId)
    .where("kind", "in", markerKinds)
    .execute();
  const markers = new Map(rows.map((row) => [row.seq, row]));
  let seqs: number[] = [];
  const replacements = new Map<number, Turn>();
  for (let seq = 1; seq <= lastSeq; seq += 1) {
    const marker = markers.get(seq);
    if (marker === undefined) seqs.push(seq);
    if (marker === undefined || marker.payload === null) continue;
    const { to, change } = JSON.parse(marker.payload) as MarkerPayload;
    if (to !== undefined) while ((seqs.at(-1) ?? 0) > to) seqs.pop();
    if (change?.turn !== undefined) replacements.set(change.seq, change.turn);
    else if (change !== undefined) seqs = seqs.filter((each) => each !== change.seq);
  }
  return { seqs, replacements };
}

/** Of a rewind or a deletion. */
interface MarkerPayload extends Partial<Pick<Extract<Entry, { kind: "rewind" }>, "to">> {
  readonly change?: Extract<Entry, { kind: "deletion" }>["change"];
}

export function replaceTurn(stored: StoredEntry, turn: Turn | undefined): StoredEntry {
  return turn === undefined || stored.entry.kind !== "turn"
    ? stored
    : { ...stored, entry: { ...stored.entry, turn } };
}
