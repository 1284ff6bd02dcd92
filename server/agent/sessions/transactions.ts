/** How the store reads and writes: the part of a database that Kysely's dialects do not have in common. */
import type {
  Dialect,
  Kysely,
  RawBuilder,
  SelectQueryBuilder,
  Transaction,
  TransactionBuilder,
} from "kysely";
import type { NodeBus } from "../../lib/node-bus.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import type { RateStore } from "../../lib/rate-store.ts";
import type { ToolTurns } from "../tool-turns.ts";
import type { LeaseQueries } from "./lease-queries.ts";
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
  /** Like `write`, for an operation that is one statement where `isConcurrent` is true. */
  writeStatement<T>(operation: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Whether operations run at the same time, in this process and in others. Otherwise one runs after the other. */
  readonly isConcurrent: boolean;
  /** Gives space of deleted rows back to the file system. Yields after every small step. */
  shrink(): AsyncGenerator<void>;
  /** Looks for damage in the database file. Resolves to what is wrong; undefined when nothing could be found out. */
  checkFile(): Promise<readonly string[] | undefined>;
  /** Closes the database when all operations have ended. */
  close(): Promise<void>;
}

/** The differences between the databases in the statements of the store. */
export interface StatementDialect {
  /** Locks the selected rows until the transaction ends, so that they can be changed as they were read. */
  lockRows<Row>(
    query: SelectQueryBuilder<Tables, "sessions", Row>,
  ): SelectQueryBuilder<Tables, "sessions", Row>;
  /** Resolves when no other transaction has this lock. It ends with the transaction. */
  lock(tx: Transaction<Tables>, name: "audit" | "clock" | "files" | "systemEvents" | "store"): Promise<void>;
  createLeaseQueries(): LeaseQueries;
  /** The time of the clock on which all processes that use the database agree. */
  now(clock: Clock): RawBuilder<number>;
}

/** Begins a transaction whose queries see the same state. SQLite has no other kind. */
export const startReadTransaction = (db: Kysely<Tables>): TransactionBuilder<Tables> =>
  db.transaction().setIsolationLevel("repeatable read");

/** A process that uses the database. */
export interface NodeInfo {
  readonly id: string;
  /** Where it runs. */
  readonly name: string;
  /** Version of the gateway. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The load of a node. */
export interface NodeLoad {
  /** Runs that are at work or wait. */
  readonly runs: number;
  /** Whether it is stopping. */
  readonly isDraining: boolean;
}

export interface NodeStatus extends NodeInfo, NodeLoad {
  /** When it last renewed its lease, in milliseconds since the epoch by the clock of the database. */
  readonly lastHeartbeatAt: number;
}

export interface JoinOptions {
  readonly db: Kysely<Tables>;
  readonly self: NodeInfo;
  /** Read at every heartbeat. */
  readonly readLoad: () => NodeLoad;
  /** Marks what a node has left behind, in the transaction that removes it. */
  readonly markInterrupted: (tx: Transaction<Tables>, node: string) => Promise<void>;
  readonly log: Log | undefined;
}

export interface Membership {
  readonly bus: NodeBus;
  /** The other nodes that are alive. */
  listOthers(): readonly NodeInfo[];
  /** Resolves to all nodes, this one included, by the time of their start. The load of the others is that of their last heartbeat. */
  listAll(): Promise<readonly NodeStatus[]>;
  /** Renews the lease and writes the load at once. */
  refresh(): Promise<void>;
  /** False when a newer gateway has changed the tables so that this one cannot use them any more. */
  isCompatible(): boolean;
  /** Leaves the other nodes. The runs of this one must have ended. */
  close(): Promise<void>;
}

/** State of all nodes. A single node keeps it in memory. */
export interface SharedState {
  readonly rates: RateStore;
  readonly toolTurns: ToolTurns;
  /** Deletes what has expired. */
  cleanUp(): Promise<void>;
}

export interface SqlDatabase {
  readonly dialect: Dialect;
  /** Schema of the tables. Absent: the database has none. */
  readonly schema?: string;
  readonly statements: StatementDialect;
  /** Joins the nodes that share the database. Absent where there is one node. */
  join?(options: JoinOptions): Promise<Membership>;
  /** Creates the state that several nodes share. Absent with one node. */
  createSharedState?(transactions: Transactions): SharedState;
  /** Upgrades the tables. `backUp` copies the store before. */
  migrate(db: Kysely<Tables>, backUp: (() => Promise<unknown>) | undefined): Promise<void>;
  /** Call this once, with the only user of `dialect`. */
  createTransactions(db: Kysely<Tables>, log: Log | undefined): Transactions;
}
