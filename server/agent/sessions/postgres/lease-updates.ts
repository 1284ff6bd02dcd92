/**
 * The two statements of a stored turn: one takes the lease and inserts the question, one inserts the answer and releases the lease.
 * Turns that arrive while such a statement is under way share the next one, and so wait for one sync of the disk together.
 */
import {
  sql,
  type AliasedRawBuilder,
  type Compilable,
  type Kysely,
  type UpdateQueryBuilder,
  type UpdateResult,
} from "kysely";
import { batchCalls } from "../../../lib/batch-calls.ts";
import type { EntryRow } from "../entry-rows.ts";
import { leaseMs, type LeaseQueries, type LeaseUpdate } from "../lease-queries.ts";
import { prepareQuery, type GetParameter } from "../prepared-query.ts";
import type { Tables } from "../schema.ts";
import { serverNow } from "./server-now.ts";
import { getSqlState } from "./sql-state.ts";

type BuildUpdate = (db: UpdateCreator, parameter: GetParameter<LeaseUpdate>) => LeaseUpdateQuery;
type UpdateCreator = Pick<Kysely<Tables>, "updateTable">;
type LeaseUpdateQuery = UpdateQueryBuilder<Tables, "sessions", "sessions", UpdateResult>;

const buildUpdate: BuildUpdate = (db, parameter) =>
  db
    .updateTable("sessions")
    .set({
      lease_owner: parameter("lease_owner"),
      lease_until: sql<
        number | null
      >`case when ${parameter("lease_owner")}::text is not null then ${serverNow} + ${sql.lit(leaseMs)} end`,
      updated_at: parameter("updated_at"),
    })
    .where("sessions.key", "=", parameter("key"))
    .where("sessions.id", "=", parameter("id"))
    .where("sessions.fence", "=", parameter("fence"));

const buildRetake: BuildUpdate = (db, parameter) =>
  buildUpdate(db, parameter)
    .set((eb) => ({ fence: eb("sessions.fence", "+", 1) }))
    .where((eb) =>
      eb.or([
        eb("sessions.lease_owner", "is", null),
        eb("sessions.lease_owner", "=", parameter("lease_owner")),
        eb("sessions.lease_until", "<", serverNow),
      ]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("session_waiters")
            .select("node")
            .where("session_key", "=", parameter("key"))
            .where("node", "<>", parameter("lease_owner"))
            .where("waits_until", ">", serverNow),
        ),
      ),
    )
    // Only the transaction of `takeLease` takes system events.
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom("system_events").select("seq").where("session_key", "=", parameter("key"))),
      ),
    );

/** Rows as one array for each column, so that one statement takes any number of them. */
type Columns<Row> = { readonly [Column in keyof Row & string as `${Column}s`]: readonly Row[Column][] };

type LeaseRow = Omit<LeaseUpdate, "now">;
/** `position` is that of its lease in the statement, from 1. */
type EntryFields = Omit<EntryRow, "session_id"> & { readonly position: number };

const entryColumns = ["seq", "run_id", "at", "kind", "payload", "checksum"] as const;
const insertedColumns = ["session_id", ...entryColumns] as const;
const insertedValues = ["lease.id", ...entryColumns.map((column) => `entry.${column}` as const)] as const;

const unnestEntries = (
  parameter: GetParameter<Columns<EntryFields>>,
): AliasedRawBuilder<EntryFields, "entry"> =>
  sql<EntryFields>`unnest(${parameter("positions")}::int[], ${parameter("seqs")}::int[], ${parameter("run_ids")}::text[], ${parameter("ats")}::bigint[], ${parameter("kinds")}::text[], ${parameter("payloads")}::text[], ${parameter("checksums")}::bigint[])`.as<"entry">(
    sql`entry(position, seq, run_id, at, kind, payload, checksum)`,
  );

/** The update and the entries are one statement, which needs no transaction. */
const buildWithEntries = (
  db: Kysely<Tables>,
  parameter: GetParameter<LeaseUpdate & Columns<EntryFields>>,
  build: BuildUpdate,
): Compilable =>
  db
    .with("lease", (cte) => build(cte, parameter).returning("sessions.id"))
    .insertInto("entries")
    .columns(insertedColumns)
    .expression((eb) => eb.selectFrom(["lease", unnestEntries(parameter)]).select(insertedValues));

/**
 * Does the same for several leases, and returns the positions of the updated ones. It skips rows that another transaction has
 * locked, so that no session waits for another one.
 */
const buildBatch = (
  db: Kysely<Tables>,
  parameter: GetParameter<Columns<LeaseRow> & Columns<EntryFields>>,
  build: BuildUpdate,
): Compilable<{ readonly position: number }> =>
  db
    .with("unlocked", (cte) =>
      cte
        .selectFrom("sessions")
        .select("key")
        .where("key", "=", sql<string>`any(${parameter("keys")}::text[])`)
        .forUpdate()
        .skipLocked(),
    )
    .with("lease", (cte) =>
      build(cte, (column) => sql.ref(`request.${column}`) as never)
        .from(
          sql<
            LeaseRow & { readonly position: number }
          >`unnest(${parameter("keys")}::text[], ${parameter("ids")}::text[], ${parameter("fences")}::int[], ${parameter("lease_owners")}::text[], ${parameter("updated_ats")}::bigint[]) with ordinality`.as<"request">(
            sql`request(key, id, fence, lease_owner, updated_at, position)`,
          ),
        )
        .where(sql<boolean>`sessions.key in (select key from unlocked)`)
        .returning(["request.position", "sessions.id"]),
    )
    .with("inserted", (cte) =>
      cte
        .insertInto("entries")
        .columns(insertedColumns)
        .expression((eb) =>
          eb
            .selectFrom(["lease", unnestEntries(parameter)])
            .whereRef("lease.position", "=", "entry.position")
            .select(insertedValues),
        ),
    )
    .selectFrom("lease")
    .select("lease.position");

/** The arguments of an update. */
interface LeaseWrite {
  readonly db: Kysely<Tables>;
  readonly lease: LeaseUpdate;
  readonly rows: readonly EntryRow[];
}

type Update = LeaseQueries["append"];

/**
 * `updateTogether` also resolves to false for a valid lease when its row is locked, or when a lease of the batch violates a
 * constraint.
 */
function createUpdates(build: BuildUpdate): { readonly update: Update; readonly updateTogether: Update } {
  const updateLease = prepareQuery<LeaseUpdate>(build);
  const updateWithEntries = prepareQuery<LeaseUpdate & Columns<EntryFields>>((db, parameter) =>
    buildWithEntries(db, parameter, build),
  );
  const updateBatch = prepareQuery<Columns<LeaseRow> & Columns<EntryFields>, { readonly position: number }>(
    (db, parameter) => buildBatch(db, parameter, build),
  );
  const update: Update = async (db, lease, rows) => {
    const { numAffectedRows = 0n } = await (rows.length === 0
      ? updateLease(db, lease)
      : updateWithEntries(db, { ...lease, ...toEntryColumns([rows]) }));
    return numAffectedRows > 0n;
  };
  const updateAll = batchCalls(async (writes: readonly LeaseWrite[]): Promise<readonly boolean[]> => {
    const [first] = writes;
    if (first === undefined) return [];
    const leases = writes.map(({ lease }) => lease);
    const { rows } = await updateBatch(first.db, {
      keys: leases.map(({ key }) => key),
      ids: leases.map(({ id }) => id),
      fences: leases.map(({ fence }) => fence),
      lease_owners: leases.map(({ lease_owner: owner }) => owner),
      updated_ats: leases.map(({ updated_at: at }) => at),
      ...toEntryColumns(writes.map((write) => write.rows)),
    }).catch((error: unknown) => {
      if (!isConstraintViolation(error)) throw error;
      return { rows: [] };
    });
    const updated = new Set(rows.map(({ position }) => position));
    return writes.map((_, index) => updated.has(index + 1));
  });
  return { update, updateTogether: (db, lease, rows) => updateAll({ db, lease, rows }) };
}

/** `rows` has the entries of each lease. */
function toEntryColumns(rows: readonly (readonly EntryRow[])[]): Columns<EntryFields> {
  const entries = rows.flat();
  return {
    positions: rows.flatMap((each, index) => each.map(() => index + 1)),
    seqs: entries.map(({ seq }) => seq),
    run_ids: entries.map(({ run_id: id }) => id),
    ats: entries.map(({ at }) => at),
    kinds: entries.map(({ kind }) => kind),
    payloads: entries.map(({ payload }) => payload),
    checksums: entries.map(({ checksum }) => checksum),
  };
}

/** Whether a row violates a constraint. The statement then stores nothing, and each lease is written alone. */
const isConstraintViolation = (error: unknown): boolean => getSqlState(error)?.startsWith("23") === true;

/** Entries with more characters are written alone: writing them takes longer than the commit that they would share. */
const maxSharedCharacters = 65_536;

const canShare = (db: Kysely<Tables>, rows: readonly EntryRow[]): boolean =>
  !db.isTransaction &&
  rows.length > 0 &&
  rows.reduce((sum, { payload }) => sum + payload.length, 0) <= maxSharedCharacters;

export function createLeaseUpdates(): Required<Pick<LeaseQueries, "append" | "takeAgain">> {
  const append = createUpdates(buildUpdate);
  const takeAgain = createUpdates(buildRetake);
  return {
    async append(db, lease, rows) {
      if (canShare(db, rows) && (await append.updateTogether(db, lease, rows))) return true;
      // A false result may be that of a valid lease, so the lease is tried alone.
      return append.update(db, lease, rows);
    },
    takeAgain: (db, lease, rows) =>
      canShare(db, rows) ? takeAgain.updateTogether(db, lease, rows) : takeAgain.update(db, lease, rows),
  };
}
