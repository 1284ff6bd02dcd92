/** The queries of leases for PostgreSQL. The clock of the server measures leases, so that all nodes agree about them. */
import {
  sql,
  type Compilable,
  type Kysely,
  type QueryResult,
  type RawBuilder,
  type UpdateQueryBuilder,
  type UpdateResult,
} from "kysely";
import type { EntryRow } from "../entry-rows.ts";
import {
  createLeaseQueries as createSharedQueries,
  insertSession,
  leaseMs,
  type LeaseQueries,
  type LeaseUpdate,
  type NewSessionRow,
} from "../lease-queries.ts";
import { prepareQuery, type GetParameter } from "../prepared-query.ts";
import type { SessionRow, Tables } from "../schema.ts";

/** Milliseconds since the epoch, also within a transaction that began earlier. */
export const serverNow: RawBuilder<number> = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/** Entries as one array for each column, so that one statement inserts any number of them. */
type EntryColumns = {
  readonly [Column in Exclude<keyof EntryRow, "session_id"> as `${Column}s`]: readonly EntryRow[Column][];
};
type EntryFields = Omit<EntryRow, "session_id">;

export function createLeaseQueries(): LeaseQueries {
  const { startLease, insertEntries } = createSharedQueries();
  return {
    startLease,
    insertEntries,
    async upsertSession(tx, row) {
      const [found] = (await upsertSession(tx, row)).rows;
      if (found === undefined) throw new Error("the database returned no session");
      const { lease_now: leaseNow, first_waiter: firstWaiter, ...session } = found;
      return { session, leaseNow, firstWaiter: firstWaiter ?? undefined };
    },
    async append(db, lease, rows) {
      const result = await (rows.length === 0
        ? updateLease(db, lease)
        : appendEntries(db, { ...lease, ...toColumns(rows) }));
      return hasChangedRows(result);
    },
    async takeAgain(db, lease, rows) {
      const result = await (rows.length === 0
        ? retakeLease(db, lease)
        : retakeWithEntries(db, { ...lease, ...toColumns(rows) }));
      return hasChangedRows(result);
    },
    queue: {
      wait: (db, key, node) => wait(db, { key, node }),
      leave: (db, key, node) => leave(db, { key, node }),
    },
  };
}

interface LeaseContext {
  readonly lease_now: number;
  readonly first_waiter: string | null;
}

const upsertSession = prepareQuery<NewSessionRow, SessionRow & LeaseContext>((db, parameter) =>
  insertSession(db, parameter).returning((eb) => [
    serverNow.as("lease_now"),
    eb
      .selectFrom("session_waiters")
      .select("node")
      .where("session_key", "=", parameter("key"))
      .where("waits_until", ">", serverNow)
      .orderBy("since")
      .orderBy("node")
      .limit(1)
      .as("first_waiter"),
  ]),
);

type BuildUpdate = (db: UpdateCreator, parameter: GetParameter<LeaseUpdate>) => LeaseUpdateQuery;
type UpdateCreator = Pick<Kysely<Tables>, "updateTable">;
type LeaseUpdateQuery = UpdateQueryBuilder<Tables, "sessions", "sessions", UpdateResult>;

const buildUpdate = (db: UpdateCreator, parameter: GetParameter<LeaseUpdate>): LeaseUpdateQuery =>
  db
    .updateTable("sessions")
    .set({
      lease_owner: parameter("lease_owner"),
      lease_until: sql<
        number | null
      >`case when ${parameter("lease_owner")}::text is not null then ${serverNow} + ${sql.lit(leaseMs)} end`,
      updated_at: parameter("updated_at"),
    })
    .where("key", "=", parameter("key"))
    .where("id", "=", parameter("id"))
    .where("fence", "=", parameter("fence"));

const buildRetake: BuildUpdate = (db, parameter) =>
  buildUpdate(db, parameter)
    .set((eb) => ({ fence: eb("fence", "+", 1) }))
    .where((eb) =>
      eb.or([
        eb("lease_owner", "is", null),
        eb("lease_owner", "=", parameter("lease_owner")),
        eb("lease_until", "<", serverNow),
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

/** A place in the queue is kept by asking for it again. */
const placeMs = 5_000;

const wait = prepareQuery<{ readonly key: string; readonly node: string }>((db, parameter) =>
  db
    .insertInto("session_waiters")
    .values({
      session_key: parameter("key"),
      node: parameter("node"),
      since: serverNow,
      waits_until: sql<number>`${serverNow} + ${sql.lit(placeMs)}`,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["session_key", "node"])
        .doUpdateSet({ waits_until: (eb) => eb.ref("excluded.waits_until") }),
    ),
);

const leave = prepareQuery<{ readonly key: string; readonly node: string }>((db, parameter) =>
  db
    .deleteFrom("session_waiters")
    .where("session_key", "=", parameter("key"))
    .where("node", "=", parameter("node")),
);

/** The update and the entries are one statement, which needs no transaction. */
const buildWithEntries = (
  db: Kysely<Tables>,
  parameter: GetParameter<LeaseUpdate & EntryColumns>,
  build: BuildUpdate,
): Compilable =>
  db
    .with("lease", (cte) => build(cte, parameter).returning("id"))
    .insertInto("entries")
    .columns(["session_id", "seq", "run_id", "at", "kind", "payload", "checksum"])
    .expression((eb) =>
      eb
        .selectFrom([
          "lease",
          sql<EntryFields>`unnest(${parameter("seqs")}::int[], ${parameter("run_ids")}::text[], ${parameter("ats")}::bigint[], ${parameter("kinds")}::text[], ${parameter("payloads")}::text[], ${parameter("checksums")}::bigint[])`.as<"entry">(
            sql`entry(seq, run_id, at, kind, payload, checksum)`,
          ),
        ])
        .select([
          "lease.id",
          "entry.seq",
          "entry.run_id",
          "entry.at",
          "entry.kind",
          "entry.payload",
          "entry.checksum",
        ]),
    );

const updateLease = prepareQuery<LeaseUpdate>(buildUpdate);
const retakeLease = prepareQuery<LeaseUpdate>(buildRetake);
const appendEntries = prepareQuery<LeaseUpdate & EntryColumns>((db, parameter) =>
  buildWithEntries(db, parameter, buildUpdate),
);
const retakeWithEntries = prepareQuery<LeaseUpdate & EntryColumns>((db, parameter) =>
  buildWithEntries(db, parameter, buildRetake),
);

const hasChangedRows = ({ numAffectedRows = 0n }: QueryResult<unknown>): boolean => numAffectedRows > 0n;

const toColumns = (rows: readonly EntryRow[]): EntryColumns => ({
  seqs: rows.map(({ seq }) => seq),
  run_ids: rows.map(({ run_id: id }) => id),
  ats: rows.map(({ at }) => at),
  kinds: rows.map(({ kind }) => kind),
  payloads: rows.map(({ payload }) => payload),
  checksums: rows.map(({ checksum }) => checksum),
});
