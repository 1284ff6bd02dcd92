/** Rewrites the store of a gateway that does not run, without the space of deleted rows. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { openSqliteFile, syncFileInPool, type SqliteFile } from "./sqlite-file.ts";

interface CompactedFile {
  /** Sizes of the file in bytes. */
  readonly before: number;
  readonly after: number;
}

/**
 * Opens the file as a gateway does, so that it throws "database is locked" while one runs. A crash at any moment leaves
 * the old or the new contents. Needs up to twice the size of the file in its folder. From then on the file shrinks by itself.
 */
export function compactFile(path: string): CompactedFile {
  const before = statSync(path).size;
  const file = openSqliteFile(path, syncFileInPool, () => {});
  try {
    rewrite(file, dirname(path));
  } finally {
    file.close();
  }
  return { before, after: statSync(path).size };
}

/** https://www.sqlite.org/lang_vacuum.html */
function rewrite({ database }: SqliteFile, folder: string): void {
  // SQLite writes the new contents to a temporary file first. They belong into no shared folder.
  const temporaryFolder = process.env["SQLITE_TMPDIR"];
  process.env["SQLITE_TMPDIR"] = folder;
  try {
    database.exec("PRAGMA synchronous = FULL; PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    if (temporaryFolder === undefined) delete process.env["SQLITE_TMPDIR"];
    else process.env["SQLITE_TMPDIR"] = temporaryFolder;
  }
}
