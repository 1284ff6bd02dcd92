import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { createNodeSqlite } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import { randomId } from "../../server/lib/ids.ts";
import { openTestStore, userTurn } from "../support/runs/runs.ts";
import {
  createStorePath as newFile,
  openStore,
  owner,
  userEntry,
  sessionKey as key,
} from "../support/runs/stores.ts";

async function readEntries(store: SessionStore, name = key): Promise<readonly Entry[]> {
  const lease = await store.acquire(name, owner);
  await lease.release();
  return lease.entries.map(({ entry }) => entry);
}

test("entries come back in order, numbered from 1, across a restart", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a"), userEntry("b")]);
  await lease.append([{ kind: "rewind", runId: "run_2", to: 1 }]);
  await lease.release();
  await store.close();

  const reopened = await openTestStore(file);
  const { entries } = await reopened.acquire(key, owner);
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(entries.map(({ entry }) => entry)).toEqual([
    userEntry("a"),
    userEntry("b"),
    { kind: "rewind", runId: "run_2", to: 1 },
  ]);
  await reopened.close();
});

test("only the owner can read the files of the store", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  await store.close();
});

test("a session without an entry is deleted", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  await (await store.acquire(key, owner)).release();
  await store.close();
  expect(new DatabaseSync(file).prepare("select count(*) as n from sessions").get()).toEqual({ n: 0 });
});

test("another credential's session is not found", async () => {
  const store = await openTestStore(newFile());
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  await lease.release();
  await expect(store.acquire(key, { ...owner, credential: "eve" })).rejects.toMatchObject({
    code: "session_not_found",
  });
  await store.close();
});

test("a session that another node has leased is busy until the lease expires", async () => {
  const file = newFile();
  const other = await openTestStore(file);
  await (await other.acquire(key, owner)).append([userEntry("a")]);
  await other.close(); // The lease stays: only an exclusive store ends it at startup.

  let now = Date.now();
  const database = createNodeSqlite(file);
  const store = await openSqlStore({ database, clock: () => now, newId: randomId, isExclusive: false });
  await expect(store.acquire(key, owner)).rejects.toMatchObject({ code: "session_busy" });
  now += 31_000;
  expect(await readEntries(store)).toEqual([userEntry("a")]);
  await store.close();
});

test("a lease that was not released does not lock the session for its own node", async () => {
  const store = await openTestStore(newFile());
  const lostLease = await store.acquire(key, owner);
  await lostLease.append([userEntry("a")]);
  expect(await readEntries(store)).toEqual([userEntry("a")]);
  await expect(lostLease.append([userEntry("too late")])).rejects.toMatchObject({ code: "session_busy" });
  await store.close();
});

test("a lost lease can no longer write", async () => {
  const file = newFile();
  let now = 0;
  const store = await openSqlStore({
    database: createNodeSqlite(file),
    clock: () => now,
    newId: (p) => p,
    isExclusive: false,
  });
  const first = await store.acquire(key, owner);
  await first.append([userEntry("first")]);
  now += 60_000;
  const second = await store.acquire(key, owner);
  await second.append([userEntry("second")]);
  await expect(first.append([userEntry("too late")])).rejects.toMatchObject({
    code: "session_busy",
    retry: false,
  });
  await first.release();
  await second.append([userEntry("still mine")]);
  await second.release();
  expect(await readEntries(store)).toEqual([
    userEntry("first"),
    userEntry("second"),
    userEntry("still mine"),
  ]);
  await store.close();
});

test("a second process cannot open the same store", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  await readEntries(store);
  const { stderr } = spawnSync(process.execPath, [
    "-e",
    `new (require("node:sqlite").DatabaseSync)(${JSON.stringify(file)}).exec("select * from sessions")`,
  ]);
  expect(stderr.toString()).toContain("database is locked");
  await store.close();
});

test("a run that a crash ended is marked as interrupted, and the session goes on", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  await store.close(); // The lease was not released.

  const reopened = await openTestStore(file);
  expect(await readEntries(reopened)).toEqual([userEntry("a"), { kind: "interrupted", runId: null }]);
  await reopened.close();
});

test("a failed append is storage_unavailable, and the next one succeeds", async () => {
  const store = await openTestStore(newFile());
  const lease = await store.acquire(key, owner);
  const unserialisable = {
    kind: "turn",
    runId: "r",
    turn: { ...userTurn("a"), name: 1n },
  } as unknown as Entry;
  await expect(lease.append([userEntry("half"), unserialisable])).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  await lease.append([userEntry("whole")]);
  await lease.release();
  expect(await readEntries(store)).toEqual([userEntry("whole")]);
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

test("a watcher of a session misses no change, and stops waiting when it is aborted", async () => {
  const store = await openStore();
  const watcher = store.sessions.changes.watch(key);
  const neverController = new AbortController();
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  await watcher.waitForChange(neverController.signal); // A change before the call is not missed.
  const next = watcher.waitForChange(neverController.signal);
  await lease.append([userEntry("b")]);
  await next;
  const aborted = watcher.waitForChange(neverController.signal);
  neverController.abort();
  await aborted;
  watcher.close();
  await lease.append([userEntry("c")]);
  await lease.release();
});
