/** Copies the store of a running gateway, page by page on another thread. The copy has the state at its last page. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../lib/ports.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

export interface Backup {
  readonly path: string;
  readonly bytes: number;
}

const maxAttempts = 100;
const retryDelayMs = 5;

/** Returns a function that makes a backup. Concurrent calls share one. Rejects with `storage_unavailable`. */
export function createBackup(
  getDatabase: () => DatabaseSync,
  folder: string,
  clock: Clock,
): () => Promise<Backup> {
  let pendingBackup: Promise<Backup> | undefined;

  const makeBackup = async (): Promise<Backup> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = findFreePath(folder, clock());
    // The name keeps a copy that a crash interrupted from passing for a backup.
    const partialPath = `${path}.partial`;
    closeSync(openSync(partialPath, "w", 0o600));
    try {
      await copyDatabase(getDatabase(), partialPath);
      const bytes = await flushToDisk(partialPath);
      renameSync(partialPath, path);
      return { path, bytes };
    } catch (error) {
      rmSync(partialPath, { force: true });
      throw error;
    }
  };
  return () => (pendingBackup ??= withStorageErrors(makeBackup).finally(() => (pendingBackup = undefined)));
}

/**
 * SQLite waits for open transactions in every step but the first. The first one fails instead, with error code 0, and is
 * tried again here.
 */
async function copyDatabase(database: DatabaseSync, targetPath: string): Promise<void> {
  for (let attemptsLeft = maxAttempts; ; attemptsLeft -= 1) {
    try {
      await backup(database, targetPath);
      return;
    } catch (error) {
      const hasNoErrorCode = (error as { errcode?: unknown }).errcode === 0;
      if (!hasNoErrorCode || attemptsLeft === 1) throw error;
      await setTimeout(retryDelayMs);
    }
  }
}

/** Resolves to the size of the file when it is on the disk. */
async function flushToDisk(path: string): Promise<number> {
  const file = await open(path, "r+");
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Returns a name that no backup has. */
export function findFreePath(folder: string, now: number): string {
  const timestamp = new Date(now).toISOString().replaceAll(/[-:.]/g, "");
  for (let count = 1; ; count += 1) {
    const path = join(folder, `sessions-${timestamp}${count === 1 ? "" : `-${count}`}.db`);
    if (!existsSync(path)) return path;
  }
}
