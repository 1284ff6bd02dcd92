/** Responses that have had their time. One that another continues stays until that one goes: its turns are needed. */
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** A response has many rows: only a few go at once. */
const batch = 10;

/** Yields after every small step. The newest go first: what they continue may go right after them. */
export async function* sweepResponses(db: Kysely<Tables>, now: number): AsyncGenerator<void> {
  let last = { id: "", expires_at: now + 1 };
  for (;;) {
    const rows = await db
      .selectFrom("responses")
      .select(["id", "expires_at"])
      .where((eb) =>
        eb.or([
          eb("expires_at", "<", last.expires_at),
          eb.and([eb("expires_at", "=", last.expires_at), eb("id", "<", last.id)]),
        ]),
      )
      .orderBy("expires_at", "desc")
      .orderBy("id", "desc")
      .limit(batch)
      .execute();
    const next = rows.at(-1);
    if (next === undefined) return;
    last = next;
    for (const { id } of rows) await removeLeaf(db, id);
    yield;
  }
}

async function removeLeaf(db: Kysely<Tables>, id: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom("responses")
      .where("id", "=", id)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("responses as next")
              .select("next.id")
              .where("next.previous_id", "=", id)
              .where("next.whole", "=", 0),
          ),
        ),
      )
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return;
    await tx.deleteFrom("response_documents").where("response_id", "=", id).execute();
    await tx.deleteFrom("response_events").where("response_id", "=", id).execute();
    await tx.deleteFrom("response_turns").where("response_id", "=", id).execute();
  });
}
