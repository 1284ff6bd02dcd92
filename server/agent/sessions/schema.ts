/** The tables of the session store, for SQLite and PostgreSQL alike, and how a new store gets them. */
import type { Kysely } from "kysely";

export interface Tables {
  readonly store: { readonly version: number };
  readonly sessions: SessionRow;
  readonly entries: EntryRow;
}

interface SessionRow {
  readonly key: string;
  readonly agent_id: string;
  readonly credential: string;
  readonly created_at: number;
  readonly updated_at: number;
  /** Who may append now; null when nobody runs. */
  readonly lease_owner: string | null;
  readonly lease_until: number | null;
  /** Fencing token: one more with every lease, so that a holder that lost its lease is told. */
  readonly fence: number;
}

interface EntryRow {
  readonly session_key: string;
  readonly seq: number;
  readonly run_id: string | null;
  readonly at: number;
  readonly kind: string;
  /** JSON. */
  readonly payload: string;
}

export const storeVersion = 1;

/** Creates what is missing; returns the version that the store was written by. */
export async function prepareTables(db: Kysely<Tables>): Promise<number> {
  await db.schema
    .createTable("store")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.notNull())
    .execute();
  const found = await db.selectFrom("store").select("version").executeTakeFirst();
  if (found !== undefined) return found.version;
  await db.transaction().execute(async (tx) => {
    await tx.schema
      .createTable("sessions")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("agent_id", "text", (column) => column.notNull())
      .addColumn("credential", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("lease_owner", "text")
      .addColumn("lease_until", "bigint")
      .addColumn("fence", "integer", (column) => column.notNull())
      .execute();
    await tx.schema
      .createTable("entries")
      .addColumn("session_key", "text", (column) =>
        column.notNull().references("sessions.key").onDelete("cascade"),
      )
      .addColumn("seq", "integer", (column) => column.notNull())
      .addColumn("run_id", "text")
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("payload", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("entries_key", ["session_key", "seq"])
      .execute();
    await tx.insertInto("store").values({ version: storeVersion }).execute();
  });
  return storeVersion;
}
