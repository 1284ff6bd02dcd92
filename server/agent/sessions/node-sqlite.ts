/** Connects Kysely's SQLite dialect to `node:sqlite`. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { SqliteDialect, type SqliteDatabase } from "kysely";

/**
 * Opens a database file, or creates it with access for its owner only, and locks it for this process. `onOpen` gets the
 * database, for instance for backups.
 */
export function createNodeSqliteDialect(
  path: string,
  onOpen: (database: DatabaseSync) => void = () => {},
): SqliteDialect {
  return new SqliteDialect({
    database: () => {
      const database = openDatabase(path);
      onOpen(database);
      return Promise.resolve(adaptToKysely(database));
    },
  });
}

function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  // Exclusive: a second gateway on the same state folder fails at startup.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return database;
}

function adaptToKysely(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
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
    },
  };
}
