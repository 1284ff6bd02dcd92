/** Brings a store to the newest version, one after the other; a new one takes the same way from nothing. */
import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "./schema.ts";
import { versions } from "./versions.ts";

/** Throws, with nothing changed, when the store is a newer gateway's or does not come through whole. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await sql`create table if not exists store (version integer not null)`.execute(db);
  const found = (await db.selectFrom("store").select("version").executeTakeFirst())?.version ?? 0;
  if (found > versions.length) {
    throw new Error(
      `The session store was written by a newer gateway (store version ${found}, this one knows ${versions.length}).`,
    );
  }
  if (found < versions.length) await db.transaction().execute((tx) => upgrade(tx, found));
}

async function upgrade(tx: Transaction<Tables>, found: number): Promise<void> {
  const before = found === 0 ? undefined : await contents(tx);
  for (const statement of versions.slice(found).flat()) await sql.raw(statement).execute(tx);
  const after = await contents(tx);
  if (before !== undefined && before !== after) {
    throw new Error(
      `The session store could not be brought to this version: it had ${before}, then ${after}.`,
    );
  }
  await tx.deleteFrom("store").execute();
  await tx.insertInto("store").values({ version: versions.length }).execute();
}

/** What must not change on the way, in words. */
async function contents(tx: Transaction<Tables>): Promise<string> {
  const { sessions, entries, characters } = await tx
    .selectFrom("entries")
    .select((eb) => [
      eb.selectFrom("sessions").select(eb.fn.countAll().as("n")).as("sessions"),
      eb.fn.countAll().as("entries"),
      eb.fn.sum(eb.fn("length", ["payload"])).as("characters"),
    ])
    .executeTakeFirstOrThrow();
  return `${sessions} sessions and ${entries} entries of ${characters ?? 0} characters`;
}
