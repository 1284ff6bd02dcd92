/** Creates and upgrades the schema. Several nodes that start at once do it one after the other. */
import { sql, type Kysely, type Transaction } from "kysely";
import { readSharedVersion, upgrade } from "../migrations.ts";
import type { Tables } from "../schema.ts";

export async function migrate(db: Kysely<Tables>, schema: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lock(tx, schema, "migrations");
    const name = sql.id(schema);
    await sql`create schema if not exists ${name}`.execute(tx);
    // The statements of the migrations name no schema.
    await sql`set local search_path to ${name}`.execute(tx);
    await upgrade(tx, await readSharedVersion(tx), { isShared: true });
  });
}

/** The number of the lock is a hash of its name. It ends with the transaction, also behind a pooler. */
export async function lock(tx: Transaction<Tables>, schema: string, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${schema} ${name}`}, 0))`.execute(tx);
}
