/** Transactions of PostgreSQL. They run at the same time; what they change together they lock. */
import { performance } from "node:perf_hooks";
import type { Kysely, Transaction } from "kysely";
import type { ObserveCommit } from "../group-commit.ts";
import type { Tables } from "../schema.ts";
import type { Transactions } from "../transactions.ts";
import { isStalePlan } from "./pool.ts";
import { getSqlState } from "./sql-state.ts";

/** Two transactions waited for each other, or changed the same rows: the server has undone this one completely. */
const conflictStates: ReadonlySet<unknown> = new Set(["40001", "40P01"]);
const maxAttempts = 5;

export function createTransactions(
  db: Kysely<Tables>,
  observeCommit: ObserveCommit = () => {},
): Transactions {
  const measure = async <T>(operation: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await retryConflicts(operation);
    observeCommit({ operations: 1, durationMs: performance.now() - startedAt });
    return result;
  };
  return {
    isConcurrent: true,
    read: (operation) => retryConflicts(() => operation(db)),
    readInternally: (operation) => retryConflicts(() => operation(db)),
    write: (operation) => measure(() => db.transaction().execute((tx: Transaction<Tables>) => operation(tx))),
    writeStatement: (operation) => measure(() => operation(db)),
    // The server does both by itself: autovacuum, and checksums of its pages.
    // oxlint-disable-next-line require-yield -- nothing to do
    async *shrink() {},
    checkFile: () => Promise.resolve(undefined),
    close: () => db.destroy(),
  };
}

async function retryConflicts<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      const isRepeatable = conflictStates.has(getSqlState(error)) || isStalePlan(error);
      if (!isRepeatable || attempt === maxAttempts) throw error;
    }
  }
}
