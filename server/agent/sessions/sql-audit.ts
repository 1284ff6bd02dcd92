/** The audit log in SQL. */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import {
  firstHash,
  hashAuditEvent,
  type AuditEntry,
  type AuditEvent,
  type AuditStore,
  type AuditVerification,
} from "../../lib/audit-store.ts";
import { prepareInsert } from "./prepared-query.ts";
import { repeatForSlice } from "./repeat-for-slice.ts";
import type { AuditRow, Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

const batchSize = 500;

const insertRows = prepareInsert<AuditRow>(
  [
    "seq",
    "at",
    "action",
    "actor",
    "address",
    "target",
    "agent_id",
    "run_id",
    "request_id",
    "outcome",
    "code",
    "hash",
  ],
  (db, rows) => db.insertInto("audit").values(rows),
);

interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export function createAuditStore({ read, write }: Transactions, { lock }: StatementDialect): AuditStore {
  return {
    add: (events) =>
      withStorageErrors(() =>
        write(async (tx) => {
          await lock(tx, "audit");
          let last = await findLast(tx);
          const rows = events.map((event) => {
            const seq = last.seq + 1;
            last = { seq, hash: hashAuditEvent(last.hash, seq, event) };
            return toRow(last, event);
          });
          await insertRows(tx, rows);
        }),
      ),
    list: ({ after, from, to, action, actor, limit }) =>
      withStorageErrors(async () => {
        const rows = await read((db) =>
          db
            .selectFrom("audit")
            .selectAll()
            .where("seq", ">", after)
            .$if(from !== undefined, (all) => all.where("at", ">=", from ?? 0))
            .$if(to !== undefined, (all) => all.where("at", "<", to ?? 0))
            .$if(action !== undefined, (all) => all.where("action", "=", action ?? ""))
            .$if(actor !== undefined, (all) => all.where("actor", "=", actor ?? ""))
            .orderBy("seq")
            .limit(limit)
            .execute(),
        );
        return rows.map(toEntry);
      }),
    verify: () => withStorageErrors(() => verify(read)),
  };
}

/** Reads the log in batches, so that it does not hold the event loop. */
async function verify(read: Transactions["read"]): Promise<AuditVerification> {
  let entries = 0;
  let last = await read(findAnchor);
  for (;;) {
    const rows = await read((db) =>
      db
        .selectFrom("audit")
        .selectAll()
        .where("seq", ">", last.seq)
        .orderBy("seq")
        .limit(batchSize)
        .execute(),
    );
    for (const row of rows) {
      const expected = hashAuditEvent(last.hash, row.seq, toEntry(row));
      if (row.seq !== last.seq + 1 || row.hash !== expected)
        return { entries, lastSeq: last.seq, lastHash: last.hash, brokenSeq: row.seq };
      last = { seq: row.seq, hash: row.hash };
      entries += 1;
    }
    if (rows.length < batchSize)
      return { entries, lastSeq: last.seq, lastHash: last.hash, brokenSeq: undefined };
    await yieldToEventLoop();
  }
}

/** Deletes entries from before this time. The anchor keeps the number and the hash of the last one. Yields after every slice. */
export async function* cleanUpAudit(
  { write }: Transactions,
  { lock }: StatementDialect,
  before: number,
): AsyncGenerator<void> {
  const deleteSlice = async (tx: Transaction<Tables>): Promise<number> => {
    await lock(tx, "audit");
    return repeatForSlice(async () => {
      const oldest = await tx
        .selectFrom("audit")
        .select(["seq", "hash", "at"])
        .orderBy("seq")
        .limit(batchSize)
        .execute();
      // A clock that was set back leaves older times behind newer ones: the chain is cut at the first entry that stays.
      const firstKept = oldest.findIndex(({ at }) => at >= before);
      const last = oldest.at(firstKept === -1 ? -1 : firstKept - 1);
      if (last === undefined || firstKept === 0) return 0;
      await tx.deleteFrom("audit_anchor").execute();
      await tx.insertInto("audit_anchor").values({ seq: last.seq, hash: last.hash }).execute();
      const deletion = tx.deleteFrom("audit").where("seq", "<=", last.seq);
      return Number((await deletion.executeTakeFirstOrThrow()).numDeletedRows);
    });
  };
  while ((await write(deleteSlice)) > 0) yield;
}

async function findLast(db: Kysely<Tables>): Promise<ChainEnd> {
  const row = await db
    .selectFrom("audit")
    .select(["seq", "hash"])
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? findAnchor(db);
}

async function findAnchor(db: Kysely<Tables>): Promise<ChainEnd> {
  const anchor = await db.selectFrom("audit_anchor").selectAll().executeTakeFirst();
  return anchor ?? { seq: 0, hash: firstHash };
}

const toRow = ({ seq, hash }: ChainEnd, event: AuditEvent): AuditRow => ({
  seq,
  at: event.at,
  action: event.action,
  actor: event.actor ?? null,
  address: event.address ?? null,
  target: event.target ?? null,
  agent_id: event.agentId ?? null,
  run_id: event.runId ?? null,
  request_id: event.requestId ?? null,
  outcome: event.outcome,
  code: event.code ?? null,
  hash,
});

const toEntry = (row: AuditRow): AuditEntry => ({
  seq: row.seq,
  at: row.at,
  action: row.action,
  actor: row.actor ?? undefined,
  address: row.address ?? undefined,
  target: row.target ?? undefined,
  agentId: row.agent_id ?? undefined,
  runId: row.run_id ?? undefined,
  requestId: row.request_id ?? undefined,
  // `toRow` has written it, or someone has tampered with it: the hash shows which.
  outcome: row.outcome as AuditEntry["outcome"],
  code: row.code ?? undefined,
  hash: row.hash,
});
