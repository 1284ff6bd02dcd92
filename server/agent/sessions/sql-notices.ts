/** Notices of sessions in SQL. */
import type { Kysely, Transaction } from "kysely";
import { limits } from "../../../contracts/limits.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import { noticeRetentionMs, type Notice, type NoticeStore } from "./notices.ts";
import { prepareQuery } from "./prepared-query.ts";
import type { SessionNoticeRow, Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface NoticeDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  readonly clock: Clock;
  readonly log: Log | undefined;
}

export function createNoticeStore({ transactions, statements, clock, log }: NoticeDeps): NoticeStore {
  return {
    add: (sessionKey, text) =>
      withStorageErrors(async () => {
        const { outcome, hasDropped } = await transactions.write(async (tx) => {
          await statements.lock(tx, "notices");
          const waiting = await tx
            .selectFrom("session_notices")
            .select(["seq", "text"])
            .where("session_key", "=", sessionKey)
            .orderBy("seq")
            .execute();
          const last = waiting.at(-1);
          if (last?.text === text) return { outcome: "coalesced" as const, hasDropped: false };
          const seq = (last?.seq ?? 0) + 1;
          const row = { session_key: sessionKey, seq, text, created_at: clock() };
          await tx.insertInto("session_notices").values(row).execute();
          const oldest = waiting[waiting.length - limits.notices];
          if (oldest !== undefined) {
            await tx
              .deleteFrom("session_notices")
              .where("session_key", "=", sessionKey)
              .where("seq", "<=", oldest.seq)
              .execute();
          }
          return { outcome: "queued" as const, hasDropped: oldest !== undefined };
        });
        if (hasDropped)
          log?.warn("a notice was dropped, because too many wait for the session", { sessionKey });
        return outcome;
      }),
  };
}

const deleteNotices = prepareQuery<Pick<SessionNoticeRow, "session_key">, SessionNoticeRow>((db, parameter) =>
  db.deleteFrom("session_notices").where("session_key", "=", parameter("session_key")).returningAll(),
);

/** Returns the notices of a session, the oldest first, and deletes them. */
export async function takeNotices(tx: Transaction<Tables>, sessionKey: string): Promise<readonly Notice[]> {
  const { rows } = await deleteNotices(tx, { session_key: sessionKey });
  return rows.toSorted((a, b) => a.seq - b.seq).map(({ text, created_at: at }) => ({ text, at }));
}

export async function* cleanUpNotices({ writeStatement }: Transactions, now: number): AsyncGenerator<void> {
  const before = now - noticeRetentionMs;
  await writeStatement((db: Kysely<Tables>) =>
    db.deleteFrom("session_notices").where("created_at", "<", before).execute(),
  );
  yield;
}
