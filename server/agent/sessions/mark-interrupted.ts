/** Cleans up after a process that died: marks its runs and responses as interrupted, and releases its claims. */
import type { Kysely } from "kysely";
import type { Clock } from "../../lib/ports.ts";
import { toRow } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";

/** Call this only when no other process uses the store. */
export async function markInterrupted(db: Kysely<Tables>, clock: Clock): Promise<void> {
  const leasedSessions = await db
    .selectFrom("sessions")
    .select(["key", "id", "fence"])
    .where("lease_owner", "is not", null)
    .execute();
  for (const session of leasedSessions) await markSessionInterrupted(db, session, clock());
  await db
    .updateTable("responses")
    .set({ status: "interrupted" })
    .where("status", "in", ["queued", "in_progress"])
    .execute();
  await db.deleteFrom("idempotency").where("claim", "is not", null).execute();
}

/** Adds an `interrupted` entry and releases the lease. Deletes a new session that never got an entry. */
async function markSessionInterrupted(
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
