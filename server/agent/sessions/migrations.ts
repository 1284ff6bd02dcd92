/** The schema versions of the store, in SQL that SQLite and PostgreSQL share, and the upgrade to the newest one. */
import { type Kysely, sql, type Transaction } from "kysely";
import { addBudgetsAndAudit, addKeys, addUsage } from "./migrations/accounting.ts";
import { addFileChunks, addFiles } from "./migrations/files.ts";
import { addSystemEvents } from "./migrations/system-events.ts";
import { addNodeLoads, addNodes } from "./migrations/nodes.ts";
import { addRates } from "./migrations/rates.ts";
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
import { addToolTurns } from "./migrations/tool-turns.ts";
import { addWebhooks } from "./migrations/webhooks.ts";
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
  addNodes,
  addFiles,
  addWebhooks,
  addNodeLoads,
  addFileChunks,
  addRates,
  addToolTurns,
  addSystemEvents,
];

/**
 * The oldest version whose gateways can use a store of the newest one. While gateways are replaced one after the other, both
 * versions run: a migration adds what the new ones need, and a later release removes what the old ones used.
 */
export const minVersion = 12;

/** The version of a copy that is not complete yet. No gateway knows it. */
export const incompleteVersion = 2_000_000_000;

/** The newest version that this gateway knows. */
export const latestVersion = migrations.length;

/**
 * Upgrades a store of any version, or an empty database, to the newest version in one transaction, after a backup. Throws, and changes
 * nothing, when a newer gateway wrote the store or when its sessions and entries differ after the upgrade.
 */
export async function migrate(
  db: Kysely<Tables>,
  backUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const currentVersion = await readVersion(db);
  if (currentVersion === latestVersion) return;
  // An empty database has nothing to lose.
  if (currentVersion > 0) await backUp();
  await db.transaction().execute((tx) => upgrade(tx, currentVersion));
}

/** Returns the version of the store, 0 for an empty database. Throws when a newer gateway wrote it. */
async function readVersion(db: Kysely<Tables>): Promise<number> {
  const version = await readAnyVersion(db);
  if (version > latestVersion) throw createNewerVersionError(version);
  return version;
}

/** Like `readVersion`, but accepts a newer version whose tables gateways of this one can still use. */
export async function readSharedVersion(db: Kysely<Tables>): Promise<number> {
  const version = await readAnyVersion(db);
  if (version <= latestVersion) return version;
  const store = await db.selectFrom("store").select("min_version").executeTakeFirst();
  if ((store?.min_version ?? Infinity) > latestVersion) throw createNewerVersionError(version);
  return version;
}

async function readAnyVersion(db: Kysely<Tables>): Promise<number> {
  await sql`create table if not exists store (version integer not null)`.execute(db);
  return (await db.selectFrom("store").select("version").executeTakeFirst())?.version ?? 0;
}

const createNewerVersionError = (version: number): Error =>
  new Error(
    version === incompleteVersion
      ? "The session store is an incomplete copy. Run `openclaw store copy` again, until it has said that the copy is verified."
      : `The session store was written by a newer gateway (store version ${version}, this one knows ${latestVersion}).`,
  );

/** `isShared`: other gateways write meanwhile, so that the contents before and after cannot be compared. */
export async function upgrade(
  tx: Transaction<Tables>,
  currentVersion: number,
  { isShared = false }: { readonly isShared?: boolean } = {},
): Promise<void> {
  if (currentVersion >= latestVersion) return;
  const contentsBefore = currentVersion === 0 || isShared ? undefined : await describeContents(tx);
  for (const statement of migrations.slice(currentVersion).flat()) await sql.raw(statement).execute(tx);
  const contentsAfter = contentsBefore === undefined ? undefined : await describeContents(tx);
  if (contentsBefore !== contentsAfter) {
    throw new Error(
      `The session store could not be upgraded: it had ${contentsBefore} before, and ${contentsAfter} after.`,
    );
  }
  const row = { version: latestVersion, min_version: minVersion };
  if (currentVersion === 0)
    await tx
      .insertInto("store")
      .values({ ...row, writes: 0, id: "" })
      .execute();
  else await tx.updateTable("store").set(row).execute();
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
