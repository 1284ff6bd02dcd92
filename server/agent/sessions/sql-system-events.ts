/** System events of sessions in SQL. */
import type { Kysely, Transaction } from "kysely";
import { limits } from "../../../contracts/limits.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import { systemEventRetentionMs, type SystemEvent, type SystemEventStore } from "./system-events.ts";
import { prepareQuery } from "./prepared-query.ts";
import type { SystemEventRow, Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface SystemEventDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  readonly clock: Clock;
  readonly log: Log | undefined;
}

export function createSystemEventStore({
  transactions,
  statements,
  clock,
  log,
}: SystemEventDeps): SystemEventStore {
  return {
    add: (sessionKey, text) =>
      withStorageErrors(async () => {
        const { outcome, hasDropped } = await transactions.write(async (tx) => {
          await statements.lock(tx, "systemEvents");
          const pending = await tx
            .selectFrom("system_events")
            .select(["seq", "text"])
            .where("session_key", "=", sessionKey)
            .orderBy("seq")
            .execute();
          const last = pending.at(-1);
          if (last?.text === text) return { outcome: "coalesced" as const, hasDropped: false };
          const seq = (last?.seq ?? 0) + 1;
          const row = { session_key: sessionKey, seq, text, created_at: clock() };
          await tx.insertInto("system_events").values(row).execute();
          const oldest = pending[pending.length - limits.systemEvents];
          if (oldest !== undefined) {
            await tx
              .deleteFrom("system_events")
              .where("session_key", "=", sessionKey)
              .where("seq", "<=", oldest.seq)
              .execute();
          }
          return { outcome: "queued" as const, hasDropped: oldest !== undefined };
        });
        if (hasDropped)
          log?.warn("a system event was dropped, because too many wait for the session", { sessionKey });
        return outcome;
      }),
  };
}

const deleteSystemEvents = prepareQuery<Pick<SystemEventRow, "session_key">, SystemEventRow>(
  (db, parameter) =>
    db.deleteFrom("system_events").where("session_key", "=", parameter("session_key")).returningAll(),
);

/** Returns the system events of a session, the oldest first, and deletes them. */
export async function takeSystemEvents(
  tx: Transaction<Tables>,
  sessionKey: string,
): Promise<readonly SystemEvent[]> {
  const { rows } = await deleteSystemEvents(tx, { session_key: sessionKey });
  return rows.toSorted((a, b) => a.seq - b.seq).map(({ text, created_at: at }) => ({ text, at }));
}

export async function* cleanUpSystemEvents(
  { writeStatement }: Transactions,
  now: number,
): AsyncGenerator<void> {
  const before = now - systemEventRetentionMs;
  await writeStatement((db: Kysely<Tables>) =>
    db.deleteFrom("system_events").where("created_at", "<", before).execute(),
  );
  yield;
}
