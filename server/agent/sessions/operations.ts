/** Operations that wait to be committed together. One that fails is undone alone. */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { CompiledQuery, type Kysely, type Transaction } from "kysely";
import type { Tables } from "./schema.ts";

export interface Operation {
  /** Rejects when the operation itself fails. */
  run(tx: Transaction<Tables>): Promise<void>;
  /** The changes are durable. */
  resolve(): void;
  reject(error: unknown): void;
}

const beginSavepoint = CompiledQuery.raw("savepoint operation");
const endSavepoint = CompiledQuery.raw("release operation");
const undoSavepoint = CompiledQuery.raw("rollback to operation");

/** False when the operation failed. Throws when the database has ended the whole transaction, as on a full disk. */
export async function runInSavepoint(tx: Transaction<Tables>, operation: Operation): Promise<boolean> {
  await tx.executeQuery(beginSavepoint);
  try {
    await operation.run(tx);
    await tx.executeQuery(endSavepoint);
    return true;
  } catch (error) {
    try {
      await tx.executeQuery(undoSavepoint);
      await tx.executeQuery(endSavepoint);
    } catch {
      throw error;
    }
    operation.reject(error);
    return false;
  }
}

/** Acknowledged at once. What each caller does next takes its turn with other work. */
const batchSize = 8;

export async function resolveInBatches(operations: readonly Operation[]): Promise<void> {
  for (const [index, operation] of operations.entries()) {
    operation.resolve();
    if (index % batchSize === batchSize - 1) await yieldToEventLoop();
  }
}

export function rejectAll(operations: readonly Operation[], error: unknown): void {
  for (const operation of operations) operation.reject(error);
}

/** Commits each operation alone after their common commit failed, for instance because the disk has room for some only. */
export async function commitEach(
  db: Kysely<Tables>,
  operations: readonly Operation[],
): Promise<readonly Operation[]> {
  const committed: Operation[] = [];
  for (const operation of operations) {
    try {
      await db.transaction().execute((tx) => operation.run(tx));
      committed.push(operation);
    } catch (error) {
      operation.reject(error);
    }
    await yieldToEventLoop();
  }
  return committed;
}
