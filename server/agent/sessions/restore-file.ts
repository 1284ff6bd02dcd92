/** Puts a backup in the place of the store of a gateway that does not run. */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { checkFile } from "./check-file.ts";
import { latestVersion } from "./migrations.ts";
import { isDamagedFileError } from "./sqlite-damage.ts";
import { openSqliteFile, syncFileInPool } from "./sqlite-file.ts";

interface RestoredStore {
  readonly path: string;
  /** Where the store is that was there before. Undefined when there was none. */
  readonly replacedPath: string | undefined;
}

/**
 * Rejects, and changes nothing, when the file is no undamaged store that this gateway can read, and with "database is
 * locked" while a gateway runs. A crash at any moment leaves the old or the new store.
 */
export async function restoreFile(backup: string, stateDir: string): Promise<RestoredStore> {
  await checkBackup(backup);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "sessions.sqlite");
  const partialPath = `${path}.restored`;
  rmSync(partialPath, { force: true });
  copyFileSync(backup, partialPath, constants.COPYFILE_EXCL);
  try {
    chmodSync(partialPath, 0o600);
    syncPath(partialPath);
    const replacedPath = existsSync(path) ? keepReplaced(path, stateDir) : undefined;
    // The log was copied into the replaced database, or is kept beside it. The new store must not read it.
    for (const suffix of ["-wal", "-wal.kept", "-shm"]) rmSync(path + suffix, { force: true });
    renameSync(partialPath, path);
    syncPath(stateDir);
    // The next start learns the id of the store that it finds.
    rmSync(join(stateDir, "store-id"), { force: true });
    return { path, replacedPath };
  } catch (error) {
    rmSync(partialPath, { force: true });
    throw error;
  }
}

/** Rejects when the file is no undamaged store that this gateway can read. */
export async function checkBackup(backup: string): Promise<void> {
  const problems = (await checkFile(backup, new AbortController().signal)) ?? [];
  if (problems.length > 0) throw new Error(`${backup} is damaged or no database: ${problems.join("; ")}`);
  const database = new DatabaseSync(backup, { readOnly: true });
  try {
    const version = readVersion(database);
    if (version === undefined) throw new Error(`${backup} is no store of this gateway.`);
    if (version > latestVersion)
      throw new Error(
        `${backup} was written by a newer gateway (store version ${version}, this one knows ${latestVersion}).`,
      );
  } finally {
    database.close();
  }
}

function readVersion(database: DatabaseSync): number | undefined {
  try {
    return Number(database.prepare("select version from store").get()?.["version"]);
  } catch {
    return undefined;
  }
}

/** Returns a second name of the database, so that the first one can be replaced at once. */
function keepReplaced(path: string, stateDir: string): string {
  const isDamaged = !copyLog(path);
  const folder = join(stateDir, "backups");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const timestamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
  const replacedPath = join(folder, `replaced-${timestamp}.db`);
  linkSync(path, replacedPath);
  if (isDamaged && existsSync(`${path}-wal`)) linkSync(`${path}-wal`, `${replacedPath}-wal`);
  return replacedPath;
}

/** Copies the log of a store into its database. Returns false for a damaged store, whose log stays in its file. */
function copyLog(path: string): boolean {
  try {
    // Opened as a gateway does: it throws "database is locked" while one runs, and copies the log when it is closed.
    openSqliteFile(path, syncFileInPool, () => {}).close();
    return true;
  } catch (error) {
    if (isDamagedFileError(error)) return false;
    throw error;
  }
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
