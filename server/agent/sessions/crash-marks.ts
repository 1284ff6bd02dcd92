/** What a process that died has left open: its runs are marked as interrupted, its claims are free again. */
import type { Kysely } from "kysely";
import type { Clock } from "../types.ts";
import { toRow } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";

/** Only where no other process can be at work in the store. */
export async function markInterrupted(db: Kysely<Tables>, clock: Clock): Promise<void> {
  const cut = await db
    .selectFrom("sessions")
    .select(["key", "id", "fence"])
    .where("lease_owner", "is not", null)
    .execute();
  for (const session of cut) await interrupt(db, session, clock());
  await db
    .updateTable("responses")
    .set({ status: "interrupted" })
    .where("status", "in", ["queued", "in_progress"])
    .execute();
  await db.deleteFrom("idempotency").where("claim", "is not", null).execute();
}

/** The session notes it and goes on. One that has just begun and never got an entry leaves no trace. */
async function interrupt(
  db: Kysely<Tables>,
  { key, id, fence }: Pick<Tables["sessions"], "key" | "id" | "fence">,
  now: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { last } = await tx
      .selectFrom("entries")
      .select((eb) => eb.fn.max("seq").as("last"))
      .where("session_id", "=", id)
      .executeTakeFirstOrThrow();
    if (last === null && fence === 1) {
      await tx.deleteFrom("sessions").where("key", "=", key).execute();
      return;
    }
    if (last !== null) {
      const entry = toRow(id, last + 1, now, { kind: "interrupted", runId: null });
      await tx.insertInto("entries").values(entry).execute();
    }
    await tx
      .updateTable("sessions")
      .set({ lease_owner: null, lease_until: null })
      .where("key", "=", key)
      .execute();
  });
}
