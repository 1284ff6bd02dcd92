/** The queries of every stored turn. */
import type { Kysely } from "kysely";
import type { EntryRow } from "./entry-rows.ts";
import { prepareQuery } from "./prepared-query.ts";
import type { SessionRow, Tables } from "./schema.ts";

type NewSessionRow = Pick<
  SessionRow,
  "key" | "id" | "agent_id" | "credential" | "label" | "created_at" | "updated_at" | "fence"
>;
type LeaseRow = Pick<SessionRow, "key" | "id" | "fence" | "lease_owner" | "lease_until" | "updated_at">;

export interface LeaseQueries {
  /** Inserts the session if there is none, and returns it. */
  upsertSession(db: Kysely<Tables>, row: NewSessionRow): Promise<SessionRow>;
  /** Starts a lease, and a new conversation if the id is another one. */
  startLease(db: Kysely<Tables>, row: LeaseRow): Promise<void>;
  /** False when the lease of this conversation with this fence is no longer the last one. */
  updateLease(db: Kysely<Tables>, row: LeaseRow): Promise<boolean>;
  insertEntries(db: Kysely<Tables>, rows: readonly EntryRow[]): Promise<void>;
}

/** Call this once for each database. */
export function createLeaseQueries(): LeaseQueries {
  const upsertSession = prepareQuery<NewSessionRow, SessionRow>((db, parameter) =>
    db
      .insertInto("sessions")
      .values({
        key: parameter("key"),
        id: parameter("id"),
        agent_id: parameter("agent_id"),
        credential: parameter("credential"),
        label: parameter("label"),
        created_at: parameter("created_at"),
        updated_at: parameter("updated_at"),
        fence: parameter("fence"),
      })
      // An existing row is returned only if it is updated.
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ key: (eb) => eb.ref("excluded.key") }))
      .returningAll(),
  );
  const startLease = prepareQuery<LeaseRow>((db, parameter) =>
    db
      .updateTable("sessions")
      .set({
        id: parameter("id"),
        fence: parameter("fence"),
        lease_owner: parameter("lease_owner"),
        lease_until: parameter("lease_until"),
        updated_at: parameter("updated_at"),
      })
      .where("key", "=", parameter("key")),
  );
  const updateLease = prepareQuery<LeaseRow>((db, parameter) =>
    db
      .updateTable("sessions")
      .set({
        lease_owner: parameter("lease_owner"),
        lease_until: parameter("lease_until"),
        updated_at: parameter("updated_at"),
      })
      .where("key", "=", parameter("key"))
      .where("id", "=", parameter("id"))
      .where("fence", "=", parameter("fence")),
  );
  const insertEntry = prepareQuery<EntryRow>((db, parameter) =>
    db.insertInto("entries").values({
      session_id: parameter("session_id"),
      seq: parameter("seq"),
      run_id: parameter("run_id"),
      at: parameter("at"),
      kind: parameter("kind"),
      payload: parameter("payload"),
      checksum: parameter("checksum"),
    }),
  );
  return {
    async upsertSession(db, row) {
      const [session] = (await upsertSession(db, row)).rows;
      if (session === undefined) throw new Error("the database returned no session");
      return session;
    },
    async startLease(db, row) {
      await startLease(db, row);
    },
    updateLease: async (db, row) => (await updateLease(db, row)).numAffectedRows === 1n,
    async insertEntries(db, rows) {
      for (const row of rows) await insertEntry(db, row);
    },
  };
}
