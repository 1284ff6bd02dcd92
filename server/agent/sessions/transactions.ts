/** How the store reads and writes: the part of a database that Kysely's dialects do not have in common. */
import type { Dialect, Kysely, Transaction } from "kysely";
import type { Log } from "../../lib/ports.ts";
import type { Tables } from "./schema.ts";

export interface Transactions {
  /** Reads what other operations have written, and resolves when all that it can have seen is durable. */
  read<T>(operation: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Like `read`, but does not wait for durability. For values that do not leave the gateway. */
  readInternally<T>(operation: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs the operation in a transaction, and resolves when its changes are durable. Rejects with what the operation throws;
   * its changes are undone then. The operation uses nothing asynchronous but `tx`. It runs again, alone, when the commit
   * that it shared with others failed, so that it changes nothing but what `tx` can undo.
   */
  write<T>(operation: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Gives space of deleted rows back to the file system. Yields after every small step. */
  shrink(): AsyncGenerator<void>;
  /** Looks for damage in the database file. Resolves to what is wrong; undefined when nothing could be found out. */
  checkFile(): Promise<readonly string[] | undefined>;
  /** Closes the database when all operations have ended. */
  close(): Promise<void>;
}

export interface SqlDatabase {
  readonly dialect: Dialect;
  /** Call this once, with the only user of `dialect`. */
  createTransactions(db: Kysely<Tables>, log: Log | undefined): Transactions;
}
