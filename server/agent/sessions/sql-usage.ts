/** The usage store in SQL. */
import type { Transaction } from "kysely";
import { firstTokenBoundsMs, type UsageRow, type UsageStore } from "../../lib/usage-store.ts";
import { prepareInsert, prepareQuery } from "./prepared-query.ts";
import { sumByNode } from "./sql-node-usage.ts";
import { sumRuns } from "./sql-run-usage.ts";
import { repeatForSlice } from "./repeat-for-slice.ts";
import type { Tables } from "./schema.ts";
import { firstTokenColumns, type UsageHourRow, type UsageTableRow } from "./usage-schema.ts";
import { groupColumns, matchRows, rowSumColumns, sumRows, toGroup, toSum } from "./usage-sums.ts";
import type { Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

const hourMs = 3_600_000;
/** How long the sums by hour are kept. */
const hoursRetentionMs = 800 * 24 * hourMs;
const cleanupBatchSize = 200;

/** Columns of `usage_hours` that are added up. */
const summedColumns = [
  "calls",
  "failures",
  "unpriced_calls",
  ...rowSumColumns,
  ...firstTokenColumns,
] as const;
const keyColumns = ["hour", "credential", "agent_id", "provider", "model"] as const;

const rowColumns = [
  "at",
  "request_id",
  "run_id",
  "credential",
  "agent_id",
  "session_key",
  "provider",
  "model",
  "outcome",
  "code",
  ...rowSumColumns,
  "first_token_ms",
  "node",
] as const;

const insertRows = prepareInsert<UsageTableRow>(rowColumns, (db, rows) =>
  db.insertInto("usage").values(rows),
);

/** `node` is the name of this node. */
export function createUsageStore({ read, write }: Transactions, node: string): UsageStore {
  return {
    add: (rows) =>
      withStorageErrors(() =>
        write(async (tx) => {
          await insertRows(
            tx,
            rows.map((row) => toTableRow(row, node)),
          );
          for (const hour of sumByHour(rows)) await addToHour(tx, hour);
        }),
      ),
    sum: (query) =>
      withStorageErrors(async () => {
        const { credential, agentId } = query;
        const rows = await read((db) =>
          db
            .selectFrom("usage_hours")
            .$if(credential !== undefined, (all) => all.where("credential", "=", credential ?? ""))
            .$if(agentId !== undefined, (all) => all.where("agent_id", "=", agentId ?? ""))
            .where("hour", ">=", query.from)
            .where("hour", "<", query.to)
            .select((eb) => [
              ...groupColumns,
              ...summedColumns.map((column) => eb.fn.sum<number | string>(column).as(column)),
            ])
            .groupBy(groupColumns)
            .orderBy("agent_id")
            .orderBy("provider")
            .orderBy("model")
            .orderBy("credential")
            .execute(),
        );
        return rows.map(toGroup);
      }),
    sumByNode: (query) => withStorageErrors(() => read((db) => sumByNode(db, query))),
    sumSessions: (query) =>
      withStorageErrors(async () => {
        const { sessionKey } = query;
        const rows = await read((db) =>
          db
            .selectFrom("usage")
            .where(matchRows(query))
            .where("session_key", "is not", null)
            .$if(sessionKey !== undefined, (all) => all.where("session_key", "=", sessionKey ?? ""))
            .select((eb) => ["session_key", "agent_id", eb.fn.max("at").as("last_at"), ...sumRows(eb)])
            .groupBy(["session_key", "agent_id"])
            .orderBy("last_at", "desc")
            .limit(query.limit)
            .execute(),
        );
        return rows.map((row) => ({
          sessionKey: row.session_key ?? "",
          agentId: row.agent_id,
          lastAt: row.last_at,
          ...toSum(row),
        }));
      }),
    sumRuns: (query) => withStorageErrors(() => read((db) => sumRuns(db, query))),
  };
}

/** Rows are summed in memory first, so that a batch changes few rows of `usage_hours`. */
function sumByHour(rows: readonly UsageRow[]): readonly UsageHourRow[] {
  const hours = new Map<string, Mutable<UsageHourRow>>();
  for (const row of rows) {
    const at = row.at - (row.at % hourMs);
    const key = `${at}\u0000${row.credential}\u0000${row.agentId}\u0000${row.provider}\u0000${row.model}`;
    let hour = hours.get(key);
    if (hour === undefined) hours.set(key, (hour = startHour(at, row)));
    addRow(hour, row);
  }
  return [...hours.values()];
}

type Mutable<Row> = { -readonly [Column in keyof Row]: Row[Column] };

const startHour = (hour: number, row: UsageRow): UsageHourRow => ({
  hour,
  credential: row.credential,
  agent_id: row.agentId,
  provider: row.provider,
  model: row.model,
  ...mapColumns(summedColumns, () => 0),
});

function addRow(hour: Mutable<UsageHourRow>, row: UsageRow): void {
  const { outcome, tokens, costMicroUsd, firstTokenMs } = row;
  hour.calls += 1;
  if (outcome !== "ok") hour.failures += 1;
  if (costMicroUsd === undefined) hour.unpriced_calls += 1;
  else hour.cost_micro_usd += costMicroUsd;
  hour.duration_ms += row.durationMs;
  if (tokens !== undefined) {
    hour.input += tokens.input;
    hour.cache_read += tokens.cacheRead;
    hour.cache_write += tokens.cacheWrite;
    hour.output += tokens.output;
    hour.reasoning += tokens.reasoning;
  }
  if (firstTokenMs === undefined) return;
  const bound = firstTokenBoundsMs.findIndex((each) => firstTokenMs <= each);
  // Without a bound, it is the last column, which is above all bounds.
  const column = firstTokenColumns.at(bound);
  if (column !== undefined) hour[column] += 1;
}

const addToHour = prepareQuery<UsageHourRow>((db, parameter) =>
  db
    .insertInto("usage_hours")
    .values(mapColumns([...keyColumns, ...summedColumns], parameter) as UsageHourRow)
    .onConflict((conflict) =>
      conflict
        .columns(keyColumns)
        .doUpdateSet((eb) =>
          mapColumns(summedColumns, (column) =>
            eb(`usage_hours.${column}`, "+", eb.ref(`excluded.${column}`)),
          ),
        ),
    ),
);

const mapColumns = <Column extends string, Value>(
  columns: readonly Column[],
  map: (column: Column) => Value,
): Record<Column, Value> =>
  Object.fromEntries(columns.map((column) => [column, map(column)])) as Record<Column, Value>;

const toTableRow = (row: UsageRow, node: string): UsageTableRow => ({
  at: row.at,
  request_id: row.requestId,
  run_id: row.runId ?? null,
  credential: row.credential,
  agent_id: row.agentId,
  session_key: row.sessionKey ?? null,
  provider: row.provider,
  model: row.model,
  outcome: row.outcome,
  code: row.code ?? null,
  input: row.tokens?.input ?? null,
  cache_read: row.tokens?.cacheRead ?? null,
  cache_write: row.tokens?.cacheWrite ?? null,
  output: row.tokens?.output ?? null,
  reasoning: row.tokens?.reasoning ?? null,
  cost_micro_usd: row.costMicroUsd ?? null,
  duration_ms: row.durationMs,
  first_token_ms: row.firstTokenMs ?? null,
  node,
});

/** Deletes rows from before `rowsBefore`, and old sums. Yields after every slice. */
export async function* cleanUpUsage(
  { write }: Transactions,
  rowsBefore: number,
  now: number,
): AsyncGenerator<void> {
  const deleteRows = (tx: Transaction<Tables>): Promise<number> =>
    repeatForSlice(async () => {
      const oldest = tx
        .selectFrom("usage")
        .select("at")
        .where("at", "<", rowsBefore)
        .orderBy("at")
        .limit(cleanupBatchSize)
        .as("oldest");
      const { last } = await tx
        .selectFrom(oldest)
        .select((eb) => eb.fn.max("at").as("last"))
        .executeTakeFirstOrThrow();
      if (last === null) return 0;
      const deletion = tx.deleteFrom("usage").where("at", "<=", last);
      return Number((await deletion.executeTakeFirstOrThrow()).numDeletedRows);
    });
  while ((await write(deleteRows)) > 0) yield;
  await write((tx) =>
    tx
      .deleteFrom("usage_hours")
      .where("hour", "<", now - hoursRetentionMs)
      .execute(),
  );
}
