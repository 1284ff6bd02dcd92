/** The store of budgets in SQL. */
import type { BudgetStore, Spending } from "../../lib/budget-store.ts";
import { prepareQuery } from "./prepared-query.ts";
import type { BudgetRow } from "./schema.ts";
import type { Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

/** How long sums are kept. */
const retentionMs = 400 * 86_400_000;
const minuteRetentionMs = 300_000;

const addSpending = prepareQuery<BudgetRow, BudgetRow>((db, parameter) =>
  db
    .insertInto("budgets")
    .values({
      subject: parameter("subject"),
      period: parameter("period"),
      start_at: parameter("start_at"),
      tokens: parameter("tokens"),
      cost_micro_usd: parameter("cost_micro_usd"),
    })
    .onConflict((conflict) =>
      conflict.columns(["subject", "period", "start_at"]).doUpdateSet((eb) => ({
        tokens: eb("budgets.tokens", "+", eb.ref("excluded.tokens")),
        cost_micro_usd: eb("budgets.cost_micro_usd", "+", eb.ref("excluded.cost_micro_usd")),
      })),
    )
    .returningAll(),
);

export function createBudgetStore({ read, write }: Transactions): BudgetStore {
  return {
    list: (from) =>
      withStorageErrors(async () => {
        const rows = await read((db) =>
          db
            .selectFrom("budgets")
            .selectAll()
            .where("start_at", ">=", from)
            .where("period", "<>", "minute")
            .execute(),
        );
        return rows.map(toSpending);
      }),
    add: (spending) =>
      withStorageErrors(() =>
        write(async (tx) => {
          const sums: Spending[] = [];
          for (const { subject, period, start, tokens, costMicroUsd } of spending) {
            const row = { subject, period, start_at: start, tokens, cost_micro_usd: costMicroUsd };
            sums.push(...(await addSpending(tx, row)).rows.map(toSpending));
          }
          return sums;
        }),
      ),
  };
}

/** Deletes the sums of old periods. */
export async function* cleanUpBudgets({ write }: Transactions, now: number): AsyncGenerator<void> {
  await write((tx) =>
    tx
      .deleteFrom("budgets")
      .where((eb) =>
        eb.or([
          eb("start_at", "<", now - retentionMs),
          eb.and([eb("period", "=", "minute"), eb("start_at", "<", now - minuteRetentionMs)]),
        ]),
      )
      .execute(),
  );
  yield;
}

const toSpending = (row: BudgetRow): Spending => ({
  subject: row.subject,
  period: row.period,
  start: row.start_at,
  tokens: row.tokens,
  costMicroUsd: row.cost_micro_usd,
});
