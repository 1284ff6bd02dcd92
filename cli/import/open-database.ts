/** Opens a copy of one of OpenClaw's databases, so that its home folder is never changed. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Row = Readonly<Record<string, unknown>>;

export interface CopiedDatabase {
  /** Number of the schema. */
  readonly version: number;
  /** Returns the rows of a query. None when the database lacks the table or a column of it. */
  query(sql: string, ...values: readonly string[]): readonly Row[];
}

/** Calls `use` with the database, or returns undefined when there is none. */
export function withDatabase<T>(path: string, use: (database: CopiedDatabase) => T): T | undefined {
  if (!existsSync(path)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "openclaw-import-"));
  try {
    const copy = join(folder, "copy.sqlite");
    // The log has what the file lacks.
    for (const suffix of ["", "-wal"]) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    }
    const database = new DatabaseSync(copy);
    try {
      const { user_version: version } = database.prepare("PRAGMA user_version").get() ?? {};
      return use({
        version: Number(version),
        query(sql, ...values) {
          try {
            return database.prepare(sql).all(...values);
          } catch (error) {
            if (/no such (?:table|column)/.test((error as Error).message)) return [];
            throw error;
          }
        },
      });
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
