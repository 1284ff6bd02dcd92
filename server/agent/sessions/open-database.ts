/** Opens the database of a store: upgrades it, and joins the nodes that share it. */
import { randomUUID } from "node:crypto";
import { Kysely } from "kysely";
import type { InsertWebhooks } from "./insert-webhooks.ts";
import { markInterrupted } from "./mark-interrupted.ts";
import type { Tables } from "./schema.ts";
import type { SqlStoreDeps } from "./sql-store.ts";
import type { Membership, NodeInfo, NodeLoad, StatementDialect, Transactions } from "./transactions.ts";

export async function readId({ write }: Transactions, { lock }: StatementDialect): Promise<string> {
  return write(async (tx) => {
    await lock(tx, "store");
    const { id } = await tx.selectFrom("store").select("id").executeTakeFirstOrThrow();
    if (id !== "") return id;
    const created = randomUUID();
    await tx.updateTable("store").set({ id: created }).execute();
    return created;
  });
}

/** Upgrades the database, and cleans up after a process that died. */
export async function openDatabase(
  { database, clock, isExclusive, backUp, log }: SqlStoreDeps,
  self: NodeInfo,
  readLoad: () => NodeLoad,
  insertWebhooks: InsertWebhooks,
): Promise<{ readonly transactions: Transactions; readonly membership: Membership | undefined }> {
  const { dialect, schema } = database;
  const base = new Kysely<Tables>({ dialect });
  const db = schema === undefined ? base : base.withSchema(schema);
  const interruption = { clock, insertWebhooks };
  try {
    await database.migrate(db, backUp);
    if (isExclusive) await markInterrupted(db, interruption);
    const transactions = database.createTransactions(db, log);
    // Makes the upgrade durable.
    await transactions.write(() => Promise.resolve());
    const membership = await database.join?.({
      db,
      self,
      readLoad,
      markInterrupted: (tx, dead) => markInterrupted(tx, interruption, dead),
      log,
    });
    return { transactions, membership };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
