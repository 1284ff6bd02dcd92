/** The store on a disk that loses power: what was written since the last sync is there in part, and in any order. */
import { fstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { SyncFile } from "../../server/agent/sessions/sqlite-file.ts";
import { createStorePath, openStore, owner, readEntries, userEntry } from "../support/runs/stores.ts";

const blockBytes = 512;

/** Returns what the disk has: each block as it was at the last sync, or as it is now. */
function mixBlocks(synced: Buffer, current: Buffer): Buffer {
  const mixed = Buffer.alloc((Math.random() < 0.5 ? synced : current).length);
  for (let at = 0; at < mixed.length; at += blockBytes) {
    const block = (Math.random() < 0.5 ? synced : current).subarray(at, at + blockBytes);
    mixed.set(block.subarray(0, mixed.length - at), at);
  }
  return mixed;
}

/** A disk that keeps what the files were when their last finished sync began. */
function createDisk(file: string) {
  const log = `${file}-wal`;
  const synced = new Map<string, Buffer>();
  const counts = { log: 0, database: 0 };
  const syncFile: SyncFile = async (descriptor) => {
    const isLog = fstatSync(descriptor).ino !== statSync(file).ino;
    counts[isLog ? "log" : "database"] += 1;
    const path = isLog ? log : file;
    const content = readFileSync(path);
    await sleep(Math.random() * 3);
    synced.set(path, content);
  };
  const start = (): void => void synced.set(file, readFileSync(file)).set(log, readFileSync(log));
  /** Writes to another place what is left after a loss of power. */
  const writeRemains = (copy: string): void => {
    mkdirSync(dirname(copy), { recursive: true });
    for (const [path, target] of [
      [file, copy],
      [log, `${copy}-wal`],
    ] as const)
      writeFileSync(target, mixBlocks(synced.get(path) ?? Buffer.alloc(0), readFileSync(path)));
  };
  return { counts, syncFile, start, writeRemains };
}

test("what was acknowledged is there after a loss of power at any moment, and the store opens", async () => {
  const file = createStorePath();
  const disk = createDisk(file);
  const store = await openStore({ file, syncFile: disk.syncFile, maxLogBytes: 150_000 });
  disk.start();
  const keys = ["agent:main:a", "agent:main:b", "agent:main:c"];
  const acknowledged = new Map(keys.map((key) => [key, 0]));
  const writing = new AbortController();
  const writers = keys.map(async (key) => {
    for (let count = 1; !writing.signal.aborted; count += 1) {
      const lease = await store.acquire(key, owner);
      await lease.release([userEntry(`${count} ${"x".repeat(Math.random() * 3_000)}`)]);
      acknowledged.set(key, count);
    }
  });

  for (let round = 0; round < 60; round += 1) {
    await sleep(Math.random() * 20);
    const copy = createStorePath();
    const expected = new Map(acknowledged);
    disk.writeRemains(copy);
    const database = new DatabaseSync(copy);
    expect(database.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    database.close();
    const recovered = await openStore({ file: copy });
    for (const [key, count] of expected) {
      const entries = (await readEntries(recovered, key)).filter(({ kind }) => kind === "turn");
      const numbers = entries.map((entry) =>
        Number.parseInt(/"text":"(\d+) /.exec(JSON.stringify(entry))?.[1] ?? ""),
      );
      expect(numbers).toEqual(Array.from({ length: entries.length }, (_, index) => index + 1));
      expect([round, key, numbers.length >= count]).toEqual([round, key, true]);
    }
    await recovered.close();
    rmSync(dirname(copy), { recursive: true });
  }
  writing.abort();
  await Promise.all(writers);
  // The log was copied to the database many times meanwhile.
  expect(disk.counts.database).toBeGreaterThan(10);
});
