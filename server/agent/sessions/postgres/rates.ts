/**
 * Counts of the last minute on PostgreSQL: requests of keys and agents, and failed credentials. Each decision is one statement, by
 * the clock of the server. A statement does not wait for the disk: a crash of the server may lose the counts of its last second.
 */
import { sql, type RawBuilder } from "kysely";
import type { Log } from "../../../lib/ports.ts";
import type { FailureCount, RateGrant, RateStore, RateWindow } from "../../../lib/rate-store.ts";
import type { Transactions } from "../transactions.ts";
import { withStorageErrors } from "../with-storage-errors.ts";
import { serverNow } from "./server-now.ts";
import { createSweep } from "./sweep.ts";

/** A window is counted in buckets. A bucket that began `spanMs` before the current one is outside the window. */
const windows: Readonly<Record<RateWindow, { readonly bucketMs: number; readonly spanMs: number }>> = {
  minute: { bucketMs: 60_000, spanMs: 60_000 },
  sliding: { bucketMs: 5_000, spanMs: 65_000 },
};

const retentionMs = 120_000;
/** Addresses with failed credentials. Beyond this number the oldest are deleted. */
const maxAddresses = 100_000;

/** The setting holds until the end of the statement's own transaction. */
const startClock = sql`with clock as materialized (
  select set_config('synchronous_commit', 'off', true), ${serverNow} as now
)`;

interface StoredRates extends RateStore {
  /** Deletes counts outside of all windows. A node that counts calls it once a minute. */
  cleanUp(): Promise<void>;
}

export function createRateStore(
  { writeStatement }: Pick<Transactions, "writeStatement">,
  schema: string,
  log: Log | undefined,
): StoredRates {
  const counts = sql.id(schema, "rate_counts");
  const failures = sql.id(schema, "credential_failures");
  const execute = <Row>(statement: RawBuilder<Row>): Promise<readonly Row[]> =>
    withStorageErrors(async () => (await writeStatement((db) => statement.execute(db))).rows);

  const cleanUp = async (): Promise<void> => {
    await execute(sql`delete from ${counts} where start_at < ${serverNow} - ${retentionMs}::bigint`);
    await execute(sql`
      delete from ${failures}
      where (window_ends < ${serverNow} and locked_until < ${serverNow}) or window_ends < (
        select window_ends from ${failures} order by window_ends desc offset ${maxAddresses} limit 1
      )`);
  };
  const sweep = createSweep("rates", cleanUp, log);

  return {
    cleanUp,
    async take({ name, window, limit, amount }) {
      sweep();
      const { bucketMs, spanMs } = windows[window];
      const [grant] = await execute(sql<RateGrant>`
        ${startClock}, period as (
          select now, now - now % ${bucketMs}::bigint as start_at from clock
        ), recent as (
          select coalesce(sum(amount), 0)::integer as amount, min(start_at) as oldest from ${counts}
          where name = ${name}
            and start_at > (select start_at from period) - ${spanMs}::bigint
            and start_at < (select start_at from period)
        ), taken as (
          insert into ${counts} as c (name, start_at, amount, granted)
          select ${name}, start_at, granted, granted from period, recent,
            least(${amount}::integer, greatest(${limit}::integer - recent.amount, 0)) as granted
          on conflict (name, start_at) do update set
            amount = c.amount + least(
              ${amount}::integer, greatest(${limit}::integer - c.amount - (select amount from recent), 0)
            ),
            granted = least(
              ${amount}::integer, greatest(${limit}::integer - c.amount - (select amount from recent), 0)
            )
          returning start_at, amount, granted
        )
        select taken.granted as granted, taken.amount + recent.amount as taken,
          coalesce(recent.oldest, taken.start_at) + ${spanMs}::bigint - period.now as "resetMs"
        from taken, recent, period`);
      if (grant === undefined) throw new Error("the database returned no count");
      return grant;
    },
    addFailures(newFailures, { maxAttempts, windowMs, lockoutMs }) {
      sweep();
      const names = newFailures.map(({ name }) => name);
      const amounts = newFailures.map(({ count }) => count);
      const isOver = sql`f.window_ends <= excluded.window_ends - ${windowMs}::bigint
        and f.locked_until <= excluded.window_ends - ${windowMs}::bigint`;
      const count = sql`excluded.count + case when ${isOver} then 0 else f.count end`;
      return execute(sql<FailureCount>`
        ${startClock}, failed as (
          insert into ${failures} as f (address, count, window_ends, locked_until)
          select address, count, now + ${windowMs}::bigint,
            case when count > ${maxAttempts}::integer then now + ${lockoutMs}::bigint else 0 end
          from clock, unnest(${names}::text[], ${amounts}::integer[]) as added (address, count)
          order by address
          on conflict (address) do update set
            count = ${count},
            window_ends = case when ${isOver} then excluded.window_ends else f.window_ends end,
            locked_until = case
              when ${count} <= ${maxAttempts}::integer then 0
              when f.locked_until > excluded.window_ends - ${windowMs}::bigint then f.locked_until
              else excluded.window_ends - ${windowMs}::bigint + ${lockoutMs}::bigint
            end
          returning address, count, locked_until
        )
        select address as name, count, greatest(locked_until - now, 0) as "lockedMs" from failed, clock`);
    },
  };
}
