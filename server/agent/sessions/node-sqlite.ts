/** The store's database in a file, by `node:sqlite`. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { sql, SqliteDialect, type SqliteDatabase, type SqliteStatement } from "kysely";
import { createGroupCommit, type ObserveCommit } from "./group-commit.ts";
import { createLeaseQueries } from "./lease-queries.ts";
import { migrate } from "./migrations.ts";
import { openSqliteFile, syncFileInPool, type SqliteFile, type SyncFile } from "./sqlite-file.ts";
import type { SqlDatabase } from "./transactions.ts";

interface NodeSqliteOptions {
  /** Gets the database, for instance for backups. Called again when it was reopened after a failure of the disk. */
  readonly onOpen?: ((database: DatabaseSync) => void) | undefined;
  readonly syncFile?: SyncFile | undefined;
  /** The write-ahead log is copied to the database at this length at the latest. */
  readonly maxLogBytes?: number | undefined;
  readonly observeCommit?: ObserveCommit | undefined;
}

/** Opens the file, or creates it with access for its owner only, with the first query, and locks it for this process. */
export function createNodeSqlite(
  path: string,
  { onOpen = () => {}, syncFile = syncFileInPool, maxLogBytes, observeCommit }: NodeSqliteOptions = {},
): SqlDatabase {
  let file: SqliteFile | undefined;
  const dialect = new SqliteDialect({
    database: () => {
      file = openSqliteFile(path, syncFile, onOpen);
      return Promise.resolve(adaptToKysely(file));
    },
  });
  return {
    dialect,
    statements: {
      lockRows: (query) => query,
      lock: () => Promise.resolve(),
      createLeaseQueries,
      now: (clock) => sql`${clock()}`,
    },
    migrate,
    createTransactions(db, log) {
      if (file === undefined) throw new Error("the database has not been used yet");
      return createGroupCommit({ db, file, log, maxLogBytes, observeCommit });
    },
  };
}

/** Statements of variable length, such as an insert of many rows, must not fill the memory. */
const maxPreparedStatements = 200;

function adaptToKysely(file: SqliteFile): SqliteDatabase {
  let database: DatabaseSync | undefined;
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => file.close(),
    prepare(sql) {
      if (database !== file.database) {
        statements.clear();
        ({ database } = file);
      }
      const prepared = statements.get(sql);
      if (prepared !== undefined) return prepared;
      const statement = prepare(database, sql);
      if (statements.size === maxPreparedStatements) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    // On a full disk SQLite rolls back by itself. A second rollback would hide the first error.
    run: (parameters) =>
      sql === "rollback" && !database.isTransaction
        ? { changes: 0, lastInsertRowid: 0 }
        : statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
