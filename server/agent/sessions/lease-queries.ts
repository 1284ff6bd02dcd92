/** The queries of every stored turn. */
import type { InsertQueryBuilder, Kysely, Transaction } from "kysely";
import { yieldAfterLongText } from "../../lib/yield-after-long-text.ts";
import type { EntryRow } from "./entry-rows.ts";
import { type GetParameter, prepareQuery } from "./prepared-query.ts";
import type { SessionRow, Tables } from "./schema.ts";

export type NewSessionRow = Pick<
  SessionRow,
  "key" | "id" | "agent_id" | "credential" | "label" | "created_at" | "updated_at" | "fence"
>;
type LeaseRow = Pick<SessionRow, "key" | "id" | "fence" | "lease_owner" | "lease_until" | "updated_at">;

/** A lease that goes on, or that ends: its owner is null then. */
export interface LeaseUpdate extends Omit<LeaseRow, "lease_until"> {
  /** The clock of this process. */
  readonly now: number;
}

/** How long a lease lasts after its last update. */
export const leaseMs = 30_000;

export interface LeaseQueries {
  /** Inserts the session if there is none, and returns it with the time of the clock that measures leases. */
  upsertSession(
    tx: Transaction<Tables>,
    row: NewSessionRow,
  ): Promise<{
    readonly session: SessionRow;
    readonly leaseNow: number;
    /** The node that has waited longest for this session. */
    readonly firstWaiter?: string | undefined;
  }>;
  /** Starts a lease, and a new conversation if the id is another one. */
  startLease(tx: Transaction<Tables>, row: LeaseRow): Promise<void>;
  insertEntries(tx: Transaction<Tables>, rows: readonly EntryRow[]): Promise<void>;
  /** Updates the lease and inserts the entries. False when this lease of this conversation is no longer the last one. */
  append(db: Kysely<Tables>, lease: LeaseUpdate, rows: readonly EntryRow[]): Promise<boolean>;
  /**
   * Takes the lease after the one with this fence, and inserts the entries, in one statement. False when another lease came
   * between, or when the session is leased. Absent where a transaction costs no more.
   */
  takeAgain?(db: Kysely<Tables>, lease: LeaseUpdate, rows: readonly EntryRow[]): Promise<boolean>;
  /** The nodes that wait for a session. Absent where there is one node. */
  readonly queue?: {
    /** Keeps the place of the node, or gives it the last one. */
    wait(db: Kysely<Tables>, key: string, node: string): Promise<unknown>;
    leave(db: Kysely<Tables>, key: string, node: string): Promise<unknown>;
  };
}

/** Inserts a session. One that is there is returned, and locked, only because it is updated. */
export const insertSession = (
  db: Kysely<Tables>,
  parameter: GetParameter<NewSessionRow>,
): InsertQueryBuilder<Tables, "sessions", SessionRow> =>
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
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ key: (eb) => eb.ref("excluded.key") }))
    .returningAll();

/** Queries of SQLite, where one process has the database: its own clock measures leases. */
export function createLeaseQueries(): LeaseQueries {
  const upsertSession = prepareQuery<NewSessionRow, SessionRow>(insertSession);
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
  const insertEntries = async (db: Kysely<Tables>, rows: readonly EntryRow[]): Promise<void> => {
    for (const row of rows) {
      await insertEntry(db, row);
      await yieldAfterLongText(row.payload);
    }
  };
  return {
    async upsertSession(tx, row) {
      const [session] = (await upsertSession(tx, row)).rows;
      if (session === undefined) throw new Error("the database returned no session");
      return { session, leaseNow: row.created_at };
    },
    async startLease(tx, row) {
      await startLease(tx, row);
    },
    insertEntries,
    async append(db, { now, ...lease }, rows) {
      const leaseUntil = lease.lease_owner === null ? null : now + leaseMs;
      const { numAffectedRows } = await updateLease(db, { ...lease, lease_until: leaseUntil });
      if (numAffectedRows !== 1n) return false;
      await insertEntries(db, rows);
      return true;
    },
  };
}
