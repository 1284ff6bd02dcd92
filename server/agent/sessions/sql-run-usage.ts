/** Adds up the stored model calls of runs. */
import type { Kysely } from "kysely";
import type { RunUsage, RunUsageQuery } from "../../lib/usage-store.ts";
import type { Tables } from "./schema.ts";

const tokenColumns = ["input", "cache_read", "cache_write", "output", "reasoning"] as const;

/** Calls whose provider reported no tokens are left out. */
export async function sumRuns(
  db: Kysely<Tables>,
  { sessionKey, runIds, from }: RunUsageQuery,
): Promise<readonly RunUsage[]> {
  if (runIds.length === 0) return [];
  const rows = await db
    .selectFrom("usage")
    .where("session_key", "=", sessionKey)
    .where("at", ">=", from)
    .where("run_id", "in", runIds)
    .where("input", "is not", null)
    .select((eb) => [
      "run_id",
      eb.fn.countAll<number | string>().as("calls"),
      eb.fn.count<number | string>("cost_micro_usd").as("priced_calls"),
      eb.fn.sum<number | string | null>("cost_micro_usd").as("cost_micro_usd"),
      ...tokenColumns.map((column) => eb.fn.sum<number | string | null>(column).as(column)),
    ])
    .groupBy("run_id")
    .execute();
  return rows.map((row) => ({
    runId: row.run_id ?? "",
    input: Number(row.input),
    cacheRead: Number(row.cache_read),
    cacheWrite: Number(row.cache_write),
    output: Number(row.output),
    reasoning: Number(row.reasoning),
    ...(Number(row.calls) === Number(row.priced_calls) && { costMicroUsd: Number(row.cost_micro_usd) }),
  }));
}
