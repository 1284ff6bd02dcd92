/** Conversations without a session: marked at once, and deleted later in small batches. */
import type { Transaction } from "kysely";
import { repeatForSlice } from "./repeat-for-slice.ts";
import type { Tables } from "./schema.ts";
import type { Transactions } from "./transactions.ts";

const batchSize = 50;

/** Call this in the transaction that removes the conversations from their sessions. */
export async function markDeleted(tx: Transaction<Tables>, ...ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .insertInto("discarded")
    .values(ids.map((id) => ({ session_id: id })))
    .execute();
}

/** Deletes the entries of marked conversations. Yields after every slice. */
export async function* cleanUpDeletedConversations({ write }: Transactions): AsyncGenerator<void> {
  while ((await write((tx) => repeatForSlice(() => deleteBatch(tx)))) > 0) yield;
}

/** Returns the number of deleted rows. 0: nothing is left. */
async function deleteBatch(tx: Transaction<Tables>): Promise<number> {
  const next = await tx.selectFrom("discarded").select("session_id").limit(1).executeTakeFirst();
  if (next === undefined) return 0;
  const { session_id: id } = next;
  const rows = await tx
    .selectFrom("entries")
    .select("seq")
    .where("session_id", "=", id)
    .orderBy("seq")
    .limit(batchSize)
    .execute();
  const last = rows.at(-1)?.seq;
  if (last === undefined) await tx.deleteFrom("discarded").where("session_id", "=", id).execute();
  else await tx.deleteFrom("entries").where("session_id", "=", id).where("seq", "<=", last).execute();
  return rows.length + 1;
}
