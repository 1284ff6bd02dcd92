/**
 * Decides whether the clock may be believed when data expires. A clock that stands before the newest entry, or that has
 * jumped by more than a day, deletes nothing until it has been steady for a day of running time.
 */
import { describeError } from "../../lib/errors.ts";
import type { Kysely } from "kysely";
import type { Clock, Log } from "../../lib/ports.ts";
import type { Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";

interface ExpiryGuardDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  readonly clock: Clock;
  /** Milliseconds of running time, whatever happens to the clock. */
  readonly runningTime: Clock;
  /** Time after which an unused session is deleted. Undefined: never. */
  readonly getPruneAfterMs: () => number | undefined;
  readonly log: Log | undefined;
}

export interface ExpiryGuard {
  /** Compares the clock with the store and with the running time. Resolves to true if data may expire. */
  check(): Promise<boolean>;
  /** True if data may expire: as of the last check, and the clock has not jumped since. */
  isClockTrusted(): boolean;
  /** The later of the clock and the latest time at which it was trusted: setting the clock back revives no credential. */
  getLatestTime(): number;
}

const dayMs = 24 * 3_600_000;
/** The clocks of a machine are corrected by this much every day. */
const toleranceMs = 60_000;

interface Reading {
  readonly wall: number;
  readonly running: number;
}

export async function openExpiryGuard({
  transactions,
  statements,
  clock,
  runningTime,
  getPruneAfterMs,
  log,
}: ExpiryGuardDeps): Promise<ExpiryGuard> {
  let last: Reading | undefined;
  let isTrusted = false;
  let latestTime = -Infinity;

  const read = (): Reading => ({ wall: clock(), running: runningTime() });
  const hasJumped = (from: Reading, to: Reading): boolean =>
    Math.abs(to.wall - from.wall - (to.running - from.running)) > dayMs;

  const check = async (): Promise<boolean> => {
    const now = read();
    const { steadyMs, wasTrusted, newestEntryAt } = await transactions.write(async (db) => {
      await statements.lock(db, "clock");
      const stored = await db.selectFrom("clock").selectAll().executeTakeFirst();
      const newest = await findNewestTime(db);
      const from = last ?? { wall: stored?.seen_at ?? newest ?? now.wall, running: now.running };
      const isOdd = hasJumped(from, now) || now.wall < (newest ?? -Infinity) - toleranceMs;
      const before = stored?.steady_ms ?? dayMs;
      // Another node may have counted a part of this time.
      const elapsedMs = Math.min(now.running - from.running, now.wall - (stored?.seen_at ?? now.wall));
      const steady = isOdd ? 0 : Math.min(dayMs, before + Math.max(0, elapsedMs));
      latestTime = Math.max(stored?.latest_at ?? -Infinity, steady === dayMs ? now.wall : -Infinity);
      await db.deleteFrom("clock").execute();
      const row = { seen_at: now.wall, steady_ms: steady, latest_at: Math.max(latestTime, 0) };
      await db.insertInto("clock").values(row).execute();
      return { steadyMs: steady, wasTrusted: before === dayMs, newestEntryAt: newest };
    });
    last = now;
    isTrusted = steadyMs === dayMs;
    if (!isTrusted && wasTrusted) {
      log?.warn("the clock has jumped: nothing expires until it is steady for 24 hours", {
        clock: new Date(now.wall).toISOString(),
        ...(newestEntryAt !== undefined && { newestEntry: new Date(newestEntryAt).toISOString() }),
        ...(await transactions.readInternally((db) => countExpiring(db, now.wall, getPruneAfterMs()))),
      });
    }
    return isTrusted;
  };

  // A full disk does not stop the start. Until a check succeeds, nothing expires.
  await check().catch((error: unknown) =>
    log?.warn("the clock could not be checked", { cause: describeError(error) }),
  );
  return {
    check,
    isClockTrusted: () => isTrusted && last !== undefined && !hasJumped(last, read()),
    getLatestTime: () => Math.max(clock(), latestTime),
  };
}

async function findNewestTime(db: Kysely<Tables>): Promise<number | undefined> {
  const session = await db
    .selectFrom("sessions")
    .select((eb) => eb.fn.max("updated_at").as("at"))
    .executeTakeFirst();
  return session?.at ?? undefined;
}

/** What would be deleted if the clock were right. */
async function countExpiring(
  db: Kysely<Tables>,
  now: number,
  pruneAfterMs = Infinity,
): Promise<Record<string, number>> {
  const sessions = db.selectFrom("sessions").where("updated_at", "<", now - pruneAfterMs);
  const responses = db.selectFrom("responses").where("expires_at", "<=", now);
  const [sessionCount, responseCount] = await Promise.all([
    sessions.select((eb) => eb.fn.countAll().as("n")).executeTakeFirstOrThrow(),
    responses.select((eb) => eb.fn.countAll().as("n")).executeTakeFirstOrThrow(),
  ]);
  return { sessions: Number(sessionCount.n), responses: Number(responseCount.n) };
}
