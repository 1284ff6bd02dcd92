import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { nodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import { randomId } from "../../server/ids.ts";
import { openTestStore, user } from "../support/runs.ts";
import { newStoreFile as newFile, openStore, owner, said, sessionKey as key } from "../support/stores.ts";

async function read(store: SessionStore, name = key): Promise<readonly Entry[]> {
  const lease = await store.acquire(name, owner);
  await lease.release();
  return lease.entries.map(({ entry }) => entry);
}

test("entries come back in order, numbered from 1, across a restart", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  const lease = await store.acquire(key, owner);
  await lease.append([said("a"), said("b")]);
  await lease.append([{ kind: "rewind", runId: "run_2", to: 1 }]);
  await lease.release();
  await store.close();

  const again = await openTestStore(file);
  const { entries } = await again.acquire(key, owner);
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(entries.map(({ entry }) => entry)).toEqual([
    said("a"),
    said("b"),
    { kind: "rewind", runId: "run_2", to: 1 },
  ]);
  await again.close();
});

test("the store is its owner's alone", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  await store.close();
});

test("a session without an entry leaves no trace", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  await (await store.acquire(key, owner)).release();
  await store.close();
  expect(new DatabaseSync(file).prepare("select count(*) as n from sessions").get()).toEqual({ n: 0 });
});

test("another credential's session does not exist", async () => {
  const store = await openTestStore(newFile());
  const lease = await store.acquire(key, owner);
  await lease.append([said("a")]);
  await lease.release();
  await expect(store.acquire(key, { ...owner, credential: "eve" })).rejects.toMatchObject({
    code: "session_not_found",
  });
  await store.close();
});

test("a session that another node has leased is busy, until the lease has run out", async () => {
  const file = newFile();
  const other = await openTestStore(file);
  await (await other.acquire(key, owner)).append([said("a")]);
  await other.close(); // The lease stands: only the one who owns the store alone may end it.

  let now = Date.now();
  const dialect = nodeSqliteDialect(file);
  const store = await openSqlStore({ dialect, clock: () => now, newId: randomId, exclusive: false });
  await expect(store.acquire(key, owner)).rejects.toMatchObject({ code: "session_busy" });
  now += 31_000;
  expect(await read(store)).toEqual([said("a")]);
  await store.close();
});

test("a lease that could not be given back does not lock the session for its own node", async () => {
  const store = await openTestStore(newFile());
  const lost = await store.acquire(key, owner);
  await lost.append([said("a")]);
  expect(await read(store)).toEqual([said("a")]);
  await expect(lost.append([said("too late")])).rejects.toMatchObject({ code: "session_busy" });
  await store.close();
});

test("a holder that lost its lease can no longer write", async () => {
  const file = newFile();
  let now = 0;
  const store = await openSqlStore({
    dialect: nodeSqliteDialect(file),
    clock: () => now,
    newId: (p) => p,
    exclusive: false,
  });
  const first = await store.acquire(key, owner);
  await first.append([said("first")]);
  now += 60_000;
  const second = await store.acquire(key, owner);
  await second.append([said("second")]);
  await expect(first.append([said("too late")])).rejects.toMatchObject({
    code: "session_busy",
    retry: false,
  });
  await first.release();
  await second.append([said("still mine")]);
  await second.release();
  expect(await read(store)).toEqual([said("first"), said("second"), said("still mine")]);
  await store.close();
});

test("a second process on the same store is refused", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  await read(store);
  const { stderr } = spawnSync(process.execPath, [
    "-e",
    `new (require("node:sqlite").DatabaseSync)(${JSON.stringify(file)}).exec("select * from sessions")`,
  ]);
  expect(stderr.toString()).toContain("database is locked");
  await store.close();
});

test("a run that a crash cut is marked as interrupted, and the session goes on", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  const lease = await store.acquire(key, owner);
  await lease.append([said("a")]);
  await store.close(); // The lease was never given back.

  const again = await openTestStore(file);
  expect(await read(again)).toEqual([said("a"), { kind: "interrupted", runId: null }]);
  await again.close();
});

test("what cannot be stored is storage_unavailable, and it heals", async () => {
  const store = await openTestStore(newFile());
  const lease = await store.acquire(key, owner);
  const unserialisable = { kind: "turn", runId: "r", turn: { ...user("a"), name: 1n } } as unknown as Entry;
  await expect(lease.append([said("half"), unserialisable])).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  await lease.append([said("whole")]);
  await lease.release();
  expect(await read(store)).toEqual([said("whole")]);
  await store.close();
});

test("a run that adds nothing for long keeps its session, as long as it holds it", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  let now = 0;
  let database: DatabaseSync | undefined;
  const lines: string[] = [];
  const line = (message: string): void => void lines.push(message);
  const store = await openStore({
    clock: () => now,
    exclusive: false,
    opened: (opened) => (database = opened),
    log: { debug: line, info: line, warn: line, error: line },
  });
  const leaseUntil = () => database?.prepare("select lease_until from sessions").get();
  const pass = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  const lease = await store.acquire(key, owner);
  await lease.append([said("a")]);
  for (let i = 1; i <= 9; i++) {
    pass(10_000);
    await expect.poll(leaseUntil).toEqual({ lease_until: now + 30_000 });
  }

  database?.exec("PRAGMA query_only = on");
  pass(10_000);
  await expect.poll(() => lines).toContain("the lease of a session could not be renewed");
  database?.exec("PRAGMA query_only = off");
  await lease.append([said("b")]);
  await lease.release();
  pass(100_000);
  expect(leaseUntil()).toEqual({ lease_until: null });
});

test("who follows a session misses no change, and waits no longer when it leaves", async () => {
  const store = await openStore();
  const watch = store.sessions.changes.watch(key);
  const never = new AbortController();
  const lease = await store.acquire(key, owner);
  await lease.append([said("a")]);
  await watch.changed(never.signal); // What came before it was asked is not missed.
  const next = watch.changed(never.signal);
  await lease.append([said("b")]);
  await next;
  const aborted = watch.changed(never.signal);
  never.abort();
  await aborted;
  watch.close();
  await lease.append([said("c")]);
  await lease.release();
});
