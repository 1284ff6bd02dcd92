/** The queries of leases for PostgreSQL. The clock of the server measures leases, so that all nodes agree about them. */
import { sql } from "kysely";
import {
  createLeaseQueries as createSharedQueries,
  insertSession,
  type LeaseQueries,
  type NewSessionRow,
} from "../lease-queries.ts";
import { prepareQuery } from "../prepared-query.ts";
import type { SessionRow } from "../schema.ts";
import { createLeaseUpdates } from "./lease-updates.ts";
import { serverNow } from "./server-now.ts";

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
    ...createLeaseUpdates(),
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
