/** Conversations without a session: marked at once, and deleted later in small batches. */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

const batchSize = 200;

/** Call this in the transaction that removes the conversations from their sessions. */
export async function markDeleted(tx: Transaction<Tables>, ...ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .insertInto("discarded")
    .values(ids.map((id) => ({ session_id: id })))
    .execute();
}

/** Deletes the entries of marked conversations. Yields after every batch. */
export async function* cleanUpDeletedConversations(db: Kysely<Tables>): AsyncGenerator<void> {
  for (;;) {
    const next = await db.selectFrom("discarded").select("session_id").limit(1).executeTakeFirst();
    if (next === undefined) return;
    const { session_id: id } = next;
    const rows = await db
      .selectFrom("entries")
      .select("seq")
      .where("session_id", "=", id)
      .orderBy("seq")
      .limit(batchSize)
      .execute();
    const last = rows.at(-1)?.seq;
    if (last === undefined) await db.deleteFrom("discarded").where("session_id", "=", id).execute();
    else await db.deleteFrom("entries").where("session_id", "=", id).where("seq", "<=", last).execute();
    yield;
  }
}
