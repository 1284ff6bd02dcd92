/** Copies the store of a running gateway: page by page on another thread, as it is when the last page is copied. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import type { Clock } from "../types.ts";
import { stored } from "./storage-failure.ts";

export interface Backup {
  readonly path: string;
  readonly bytes: number;
}

const tries = 100;
const pauseMs = 5;

/** Whoever asks while a copy is being made gets that one. Rejects with `storage_unavailable`. */
export function createBackup(database: DatabaseSync, folder: string, clock: Clock): () => Promise<Backup> {
  let running: Promise<Backup> | undefined;

  const make = async (): Promise<Backup> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = freePath(folder, clock());
    // What is cut by a crash is not taken for a backup.
    const partial = `${path}.partial`;
    closeSync(openSync(partial, "w", 0o600));
    try {
      await copy(database, partial);
      const bytes = await settle(partial);
      renameSync(partial, path);
      return { path, bytes };
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
  };
  return () => (running ??= stored(make).finally(() => (running = undefined)));
}

/** Every step but the first waits by itself until no transaction is open; that one fails without a reason. */
async function copy(database: DatabaseSync, to: string): Promise<void> {
  for (let left = tries; ; left -= 1) {
    try {
      await backup(database, to);
      return;
    } catch (error) {
      const withoutReason = (error as { errcode?: unknown }).errcode === 0;
      if (!withoutReason || left === 1) throw error;
      await setTimeout(pauseMs);
    }
  }
}

/** Waits until the file is on the disk; its size. */
async function settle(path: string): Promise<number> {
  const file = await open(path, "r+");
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

function freePath(folder: string, now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:.]/g, "");
  for (let count = 1; ; count += 1) {
    const path = join(folder, `sessions-${time}${count === 1 ? "" : `-${count}`}.db`);
    if (!existsSync(path)) return path;
  }
}
