/** Adds up rows of `usage` in SQL, and converts the sums from SQL. */
import type { AliasedExpression, Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { UsageGroup, UsageQuery, UsageSum } from "../../lib/usage-store.ts";
import type { Tables } from "./schema.ts";
import { firstTokenColumns, type FirstTokenColumn } from "./usage-schema.ts";

/** Columns of `usage` and `usage_hours` that are added up. */
export const rowSumColumns = [
  "input",
  "cache_read",
  "cache_write",
  "output",
  "reasoning",
  "cost_micro_usd",
  "duration_ms",
] as const;

type SummedNumber = (typeof rowSumColumns)[number] | "calls" | "failures" | "unpriced_calls";

/** The sums over rows of `usage`. Databases return them as numbers or texts, and null where no row has a value. */
export const sumRows = (
  eb: ExpressionBuilder<Tables, "usage">,
): readonly AliasedExpression<number | string | null, SummedNumber>[] => [
  eb.fn.countAll<number | string>().as("calls"),
  eb.fn.sum<number | string>(eb.case().when("outcome", "=", "ok").then(0).else(1).end()).as("failures"),
  eb.fn
    .sum<number | string>(eb.case().when("cost_micro_usd", "is", null).then(1).else(0).end())
    .as("unpriced_calls"),
  ...rowSumColumns.map((column) => eb.fn.sum<number | string | null>(column).as(column)),
];

/** The conditions of a query on rows of `usage`. */
export const matchRows =
  ({ credential, agentId, from, to }: UsageQuery) =>
  (eb: ExpressionBuilder<Tables, "usage">): Expression<SqlBool> =>
    eb.and([
      eb("at", ">=", from),
      eb("at", "<", to),
      ...(credential === undefined ? [] : [eb("credential", "=", credential)]),
      ...(agentId === undefined ? [] : [eb("agent_id", "=", agentId)]),
    ]);

type SumRow<Column extends string> = Readonly<Record<Column, number | string | null>>;

/** The columns that name a group of sums. */
export const groupColumns = ["agent_id", "provider", "model", "credential"] as const;

export const toGroup = (
  row: SumRow<SummedNumber | FirstTokenColumn> & Readonly<Record<(typeof groupColumns)[number], string>>,
): UsageGroup => ({
  credential: row.credential,
  agentId: row.agent_id,
  provider: row.provider,
  model: row.model,
  ...toSum(row),
  firstTokenCounts: firstTokenColumns.map((column) => Number(row[column])),
});

export function toSum(row: SumRow<SummedNumber>): Omit<UsageSum, "firstTokenCounts"> {
  return {
    calls: Number(row.calls),
    failures: Number(row.failures),
    input: Number(row.input),
    cacheRead: Number(row.cache_read),
    cacheWrite: Number(row.cache_write),
    output: Number(row.output),
    reasoning: Number(row.reasoning),
    costMicroUsd: Number(row.cost_micro_usd),
    unpricedCalls: Number(row.unpriced_calls),
    durationMs: Number(row.duration_ms),
  };
}
