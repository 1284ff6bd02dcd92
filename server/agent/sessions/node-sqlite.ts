/** Lets Kysely's SQLite dialect speak to the SQLite that comes with Node. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { SqliteDialect, type SqliteDatabase } from "kysely";

/**
 * Opens (or creates, for the owner alone) a database file that this process then holds for itself.
 * `opened` is given the database for settings beyond those of a store.
 */
export function nodeSqliteDialect(
  path: string,
  opened: (database: DatabaseSync) => void = () => {},
): SqliteDialect {
  return new SqliteDialect({
    database: () => {
      const database = open(path);
      opened(database);
      return Promise.resolve(asKyselyWants(database));
    },
  });
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  // Exclusive: a second gateway on the same state is refused at its start instead of sharing it by halves.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return database;
}

function asKyselyWants(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        // A full disk makes SQLite roll back by itself: to do it again would be the error that is told.
        run: (parameters) =>
          sql === "rollback" && !database.isTransaction
            ? { changes: 0, lastInsertRowid: 0 }
            : statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}
