/** Conversations that no key stands for any more: let go of at once, taken out of the store in small pieces. */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

const batch = 200;

/** To be called in the transaction that takes the conversations from their keys. */
export async function discard(tx: Transaction<Tables>, ...ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .insertInto("discarded")
    .values(ids.map((id) => ({ session_id: id })))
    .execute();
}

/** Every step deletes a little; nothing is left when it ends. */
export async function* sweepDiscarded(db: Kysely<Tables>): AsyncGenerator<void> {
  for (;;) {
    const next = await db.selectFrom("discarded").select("session_id").limit(1).executeTakeFirst();
    if (next === undefined) return;
    const { session_id: id } = next;
    const rows = await db
      .selectFrom("entries")
      .select("seq")
      .where("session_id", "=", id)
      .orderBy("seq")
      .limit(batch)
      .execute();
    const last = rows.at(-1)?.seq;
    if (last === undefined) await db.deleteFrom("discarded").where("session_id", "=", id).execute();
    else await db.deleteFrom("entries").where("session_id", "=", id).where("seq", "<=", last).execute();
    yield;
  }
}
