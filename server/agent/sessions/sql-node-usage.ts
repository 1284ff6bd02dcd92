/** Adds up the stored model calls by node. Only single rows name the node of a call; sums by hour do not. */
import type { Kysely } from "kysely";
import { firstTokenBoundsMs, type UsageGroup, type UsageQuery } from "../../lib/usage-store.ts";
import type { Tables } from "./schema.ts";
import { firstTokenColumns } from "./usage-schema.ts";
import { groupColumns, matchRows, sumRows, toGroup } from "./usage-sums.ts";

const nodeColumns = [...groupColumns, "node"] as const;

export async function sumByNode(db: Kysely<Tables>, query: UsageQuery): Promise<readonly UsageGroup[]> {
  const rows = await db
    .selectFrom("usage")
    .where(matchRows(query))
    .select((eb) => [
      ...nodeColumns,
      ...sumRows(eb),
      ...firstTokenColumns.map((column, index) => {
        const isInClass = eb.and([
          eb("first_token_ms", ">", firstTokenBoundsMs[index - 1] ?? -1),
          eb("first_token_ms", "<=", firstTokenBoundsMs[index] ?? Number.MAX_SAFE_INTEGER),
        ]);
        return eb.fn.sum<number | string>(eb.case().when(isInClass).then(1).else(0).end()).as(column);
      }),
    ])
    .groupBy(nodeColumns)
    .orderBy("agent_id")
    .orderBy("provider")
    .orderBy("model")
    .orderBy("credential")
    .orderBy("node")
    .execute();
  return rows.map((row) => ({ ...toGroup(row), node: row.node ?? undefined }));
}
