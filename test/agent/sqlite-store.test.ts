import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  createStorePath as newFile,
  openStore,
  owner,
  readEntries,
  userEntry,
  sessionKey as key,
} from "../support/runs/stores.ts";

test("only the owner can read the files of the store", async () => {
  const file = newFile();
  const store = await openStore({ file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  await store.close();
});

test("a second process cannot open the same store", async () => {
  const file = newFile();
  const store = await openStore({ file });
  await readEntries(store);
  const { stderr } = spawnSync(process.execPath, [
    "-e",
    `new (require("node:sqlite").DatabaseSync)(${JSON.stringify(file)}).exec("select * from sessions")`,
  ]);
  expect(stderr.toString()).toContain("database is locked");
  await store.close();
});

test("a run that appends nothing for a long time keeps its lease", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  let now = 0;
  let database: DatabaseSync | undefined;
  const lines: string[] = [];
  const writeLine = (message: string): void => void lines.push(message);
  const store = await openStore({
    clock: () => now,
    isExclusive: false,
    onOpen: (opened) => (database = opened),
    log: { debug: writeLine, info: writeLine, warn: writeLine, error: writeLine },
  });
  const leaseUntil = () => database?.prepare("select lease_until from sessions").get();
  const advanceTime = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  for (let i = 1; i <= 9; i++) {
    advanceTime(10_000);
    await expect.poll(leaseUntil).toEqual({ lease_until: now + 30_000 });
  }

  database?.exec("PRAGMA query_only = on");
  advanceTime(10_000);
  await expect.poll(() => lines).toContain("the lease of a session could not be renewed");
  database?.exec("PRAGMA query_only = off");
  await lease.append([userEntry("b")]);
  await lease.release();
  advanceTime(100_000);
  expect(leaseUntil()).toEqual({ lease_until: null });
});
