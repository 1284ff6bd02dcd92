/** Cleans up after a process that died: marks its runs and responses as interrupted, and releases its leases and claims. */
import type { Kysely, Transaction } from "kysely";
import type { Clock } from "../../lib/ports.ts";
import { toRows } from "./entry-rows.ts";
import type { InsertWebhooks } from "./insert-webhooks.ts";
import type { Tables } from "./schema.ts";
import { releaseClaims } from "./sql-webhooks.ts";

interface InterruptionDeps {
  readonly clock: Clock;
  readonly insertWebhooks: InsertWebhooks;
}

/** Without a node, call this only when no other process uses the store. */
export async function markInterrupted(
  db: Kysely<Tables>,
  { clock, insertWebhooks }: InterruptionDeps,
  node?: string,
): Promise<void> {
  const runInTransaction = <T>(operation: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    db.isTransaction ? operation(db as Transaction<Tables>) : db.transaction().execute(operation);
  const leasedSessions = await db
    .selectFrom("sessions")
    .select(["key", "id", "fence"])
    .where("lease_owner", "is not", null)
    .$if(node !== undefined, (all) => all.where("lease_owner", "=", node ?? ""))
    .execute();
  for (const session of leasedSessions)
    await runInTransaction((tx) => markSessionInterrupted(tx, session, clock()));
  await runInTransaction(async (tx) => {
    const responses = await tx
      .updateTable("responses")
      .set({ status: "interrupted" })
      .where("status", "in", ["queued", "in_progress"])
      .$if(node !== undefined, (all) => all.where("node", "=", node ?? ""))
      .returning(["id", "agent_id", "background"])
      .execute();
    for (const { id, agent_id: agentId, background } of responses)
      if (background === 1) await insertWebhooks(tx, { id, agentId, status: "interrupted" });
  });
  await releaseClaims(db, node);
  await db
    .deleteFrom("session_waiters")
    .$if(node !== undefined, (all) => all.where("node", "=", node ?? ""))
    .execute();
  await db
    .deleteFrom("idempotency")
    .where("claim", "is not", null)
    .$if(node !== undefined, (all) => all.where("node", "=", node ?? ""))
    .execute();
}

/** Adds an `interrupted` entry and releases the lease. Deletes a new session that never got an entry. */
async function markSessionInterrupted(
  tx: Transaction<Tables>,
  { key, id, fence }: Pick<Tables["sessions"], "key" | "id" | "fence">,
  now: number,
): Promise<void> {
  // A process that was only paused can no longer write.
  const { numUpdatedRows } = await tx
    .updateTable("sessions")
    .set({ lease_owner: null, lease_until: null, fence: fence + 1 })
    .where("key", "=", key)
    .where("id", "=", id)
    .where("fence", "=", fence)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  const { last } = await tx
    .selectFrom("entries")
    .select((eb) => eb.fn.max("seq").as("last"))
    .where("session_id", "=", id)
    .executeTakeFirstOrThrow();
  if (last === null && fence === 1) {
    await tx.deleteFrom("sessions").where("key", "=", key).execute();
    return;
  }
  if (last === null) return;
  const rows = await toRows(id, last, now, [{ kind: "interrupted", runId: null }]);
  await tx.insertInto("entries").values(rows).execute();
}
