/** The schema versions of the store, in SQL that SQLite and PostgreSQL share, and the upgrade to the newest one. */
import { type Kysely, sql, type Transaction } from "kysely";
import { addBudgetsAndAudit, addKeys, addUsage } from "./migrations/accounting.ts";
import { addIdempotency, addResponses } from "./migrations/responses.ts";
import {
  addChecksums,
  addClock,
  addConversations,
  addKeyPrefixes,
  addOpenAiConversations,
  addParts,
  addWriteCount,
  createSessions,
} from "./migrations/sessions.ts";
import type { Tables } from "./schema.ts";

/** `migrations[n - 1]` creates version n. A released migration never changes. */
const migrations: readonly (readonly string[])[] = [
  createSessions,
  [...addConversations, ...addResponses, ...addIdempotency],
  addKeys,
  addParts,
  addClock,
  addWriteCount,
  addKeyPrefixes,
  addChecksums,
  addUsage,
  addBudgetsAndAudit,
  addOpenAiConversations,
];

/**
 * Upgrades a store of any version, or an empty database, to the newest version in one transaction, after a backup. Throws, and changes
 * nothing, when a newer gateway wrote the store or when its sessions and entries differ after the upgrade.
 */
export async function migrate(
  db: Kysely<Tables>,
  backUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  await sql`create table if not exists store (version integer not null)`.execute(db);
  const currentVersion = (await db.selectFrom("store").select("version").executeTakeFirst())?.version ?? 0;
  if (currentVersion > migrations.length) {
    throw new Error(
      `The session store was written by a newer gateway (store version ${currentVersion}, this one knows ${migrations.length}).`,
    );
  }
  if (currentVersion === migrations.length) return;
  // An empty database has nothing to lose.
  if (currentVersion > 0) await backUp();
  await db.transaction().execute((tx) => upgrade(tx, currentVersion));
}

async function upgrade(tx: Transaction<Tables>, currentVersion: number): Promise<void> {
  const contentsBefore = currentVersion === 0 ? undefined : await describeContents(tx);
  for (const statement of migrations.slice(currentVersion).flat()) await sql.raw(statement).execute(tx);
  const contentsAfter = await describeContents(tx);
  if (contentsBefore !== undefined && contentsBefore !== contentsAfter) {
    throw new Error(
      `The session store could not be upgraded: it had ${contentsBefore} before, and ${contentsAfter} after.`,
    );
  }
  await tx.deleteFrom("store").execute();
  await tx.insertInto("store").values({ version: migrations.length, writes: 0, id: "" }).execute();
}

/** Describes what an upgrade must not change. */
async function describeContents(tx: Transaction<Tables>): Promise<string> {
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
