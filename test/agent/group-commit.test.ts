/** How commits of the SQLite store become durable: together, after a sync that began later, and never after a failed one. */
import { copyFileSync, fstatSync, readFileSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { syncFileInPool, type SyncFile } from "../../server/agent/sessions/sqlite-file.ts";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { collectEvents, createTestRun, createTestRunner } from "../support/runs/runs.ts";
import {
  appendEntries,
  createStorePath,
  openStore,
  owner,
  readEntries,
  sessionKey as key,
  userEntry,
} from "../support/runs/stores.ts";

/** A disk whose syncs can be held back, fail, and are counted. */
function createDisk(file = "") {
  const disk = {
    syncs: 0,
    isFailing: (_isLog: boolean) => false,
    gate: undefined as Promise<void> | undefined,
  };
  const syncFile: SyncFile = async (descriptor) => {
    disk.syncs += 1;
    await disk.gate;
    if (disk.isFailing(file === "" || fstatSync(descriptor).ino !== statSync(file).ino)) {
      throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    }
    await syncFileInPool(descriptor);
  };
  return { disk, syncFile };
}

const unavailable = { code: "storage_unavailable", retry: true };
const unserialisable = { kind: "turn", runId: "r", turn: { role: "user", content: 1n } } as unknown as Entry;
const track = (promise: Promise<unknown>): { isSettled: boolean } => {
  const state = { isSettled: false };
  promise.finally(() => (state.isSettled = true)).catch(() => {});
  return state;
};

test("a commit is acknowledged only after a sync that began after it", async () => {
  let database: DatabaseSync | undefined;
  const { disk, syncFile } = createDisk();
  const store = await openStore({ syncFile, onOpen: (opened) => (database = opened) });
  const count = (): unknown => database?.prepare("select count(*) as n from entries").get()?.["n"];
  const [a, b] = [await store.acquire(key, owner), await store.acquire("agent:main:b", owner)];
  const before = disk.syncs;

  const first = Promise.withResolvers<void>();
  disk.gate = first.promise;
  const appendedFirst = a.append([userEntry("a")]);
  await expect.poll(() => disk.syncs).toBe(before + 1);
  const second = Promise.withResolvers<void>();
  disk.gate = second.promise;
  // The first sync has begun. It says nothing about this entry.
  const appendedSecond = b.append([userEntry("b")]);
  const secondState = track(appendedSecond);
  await sleep(20);
  first.resolve();
  await appendedFirst;

  await expect.poll(() => disk.syncs).toBe(before + 2);
  expect([count(), secondState.isSettled]).toEqual([2, false]);
  // A read of the entry waits for its sync too.
  const read = store.sessions.history("agent:main:b", "alice", { limit: 9 });
  const readState = track(read);
  await sleep(20);
  expect([secondState.isSettled, readState.isSettled]).toEqual([false, false]);
  second.resolve();
  await appendedSecond;
  expect((await read).entries).toHaveLength(1);
});

test("what waits at the same time shares a sync, and one that fails fails alone", async () => {
  const { disk, syncFile } = createDisk();
  const store = await openStore({ syncFile });
  const keys = Array.from({ length: 20 }, (_, index) => `agent:main:${index}`);
  const leases = await Promise.all(keys.map((name) => store.acquire(name, owner)));
  const before = disk.syncs;
  const results = await Promise.allSettled(
    leases.map((lease, index) =>
      lease.append(index === 7 ? [userEntry("half"), unserialisable] : [userEntry(`${index}`)]),
    ),
  );
  expect(disk.syncs - before).toBeLessThanOrEqual(3);
  expect(results.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([7]);
  expect(results[7]).toMatchObject({ reason: { code: "storage_unavailable" } });
  expect(await readEntries(store, "agent:main:7")).toEqual([]);
  expect(await readEntries(store, "agent:main:8")).toEqual([userEntry("8")]);
});

test("when a common commit fails, each operation is committed alone, and only the one that fails is rejected", async () => {
  let database: DatabaseSync | undefined;
  const store = await openStore({ onOpen: (opened) => (database = opened) });
  // A deferred constraint fails at the commit, not in the statement.
  database?.exec(`
    create table parents (id integer primary key);
    create table children (id integer references parents (id) deferrable initially deferred);
    create trigger fail_commit after insert on entries when new.payload like '%poison%'
      begin insert into children values (1); end`);
  const keys = Array.from({ length: 20 }, (_, index) => `agent:main:${index}`);
  const questions = keys.map((_, index) => userEntry(index === 7 ? "poison" : `${index}`));
  const requested: string[] = [];
  const results = await Promise.allSettled(
    keys.map((name, index) =>
      store.acquire(name, owner, () => {
        requested.push(name);
        return questions.slice(index, index + 1);
      }),
    ),
  );
  expect(results.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([7]);
  expect(requested.length).toBeGreaterThan(keys.length);
  for (const [index, name] of keys.entries())
    expect(await readEntries(store, name)).toEqual(index === 7 ? [] : questions.slice(index, index + 1));
});

test("two appends of one lease at the same time are stored one after the other", async () => {
  const store = await openStore();
  const lease = await store.acquire(key, owner);
  await Promise.all([lease.append([userEntry("a")]), lease.append([userEntry("b"), userEntry("c")])]);
  await lease.release([userEntry("d")]);
  const { entries } = await store.acquire(key, owner);
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(entries.map(({ entry }) => entry)).toEqual(["a", "b", "c", "d"].map(userEntry));
});

test("a failed sync fails all that wait and every later write, until the disk works again", async () => {
  const file = createStorePath();
  const { disk, syncFile } = createDisk();
  const store = await openStore({ file, syncFile });
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("durable")]);
  const other = await store.acquire("agent:main:other", owner);

  disk.isFailing = () => true;
  const waiting = [lease.append([userEntry("lost")]), other.append([userEntry("lost")])];
  const read = sleep(0).then(() => store.sessions.list({ viewer: "alice", limit: 9 }));
  for (const each of [...waiting, read]) await expect(each).rejects.toMatchObject(unavailable);
  const failedSyncs = disk.syncs;
  await expect(lease.append([userEntry("later")])).rejects.toMatchObject(unavailable);
  await expect(store.acquire("agent:main:new", owner)).rejects.toMatchObject(unavailable);
  // The disk is tried again once a second, and not for each of them.
  expect(disk.syncs).toBe(failedSyncs);

  disk.isFailing = () => false;
  await expect.poll(() => lease.append([userEntry("after")]).then(() => "stored", String)).toBe("stored");
  await lease.release();
  const expected = [userEntry("durable"), userEntry("after")];
  expect(await readEntries(store)).toEqual(expected);
  expect(await readEntries(store, "agent:main:other")).toEqual([]);
  await store.close();
  expect(await readEntries(await openStore({ file }))).toEqual(expected);
});

test("a store that closes after a failed sync keeps what was acknowledged, and nothing else", async () => {
  const file = createStorePath();
  const { disk, syncFile } = createDisk();
  const store = await openStore({ file, syncFile });
  await appendEntries(store, key, userEntry("durable"));
  disk.isFailing = () => true;
  await expect(appendEntries(store, key, userEntry("lost"))).rejects.toMatchObject(unavailable);
  await store.close();
  expect(await readEntries(await openStore({ file }))).toEqual([userEntry("durable")]);
});

const large = userEntry("x".repeat(100_000));

test("the log is copied to the database when nothing is written for a moment", async () => {
  const file = createStorePath();
  const store = await openStore({ file });
  const lease = await store.acquire(key, owner);
  for (let i = 0; i < 5; i++) await lease.append([large]);
  await expect.poll(() => statSync(file).size).toBeGreaterThan(500_000);
  const log = (): Buffer => readFileSync(`${file}-wal`);
  const { length } = log();
  await lease.append([userEntry("after")]);
  // The next log begins where the old one did, and does not make the file longer.
  expect(log().length).toBe(length);

  const copy = createStorePath();
  await (await openStore({ file: copy })).close();
  copyFileSync(file, copy);
  copyFileSync(`${file}-wal`, `${copy}-wal`);
  const entries = await readEntries(await openStore({ file: copy }));
  expect(entries.slice(0, 6)).toEqual([...Array.from({ length: 5 }, () => large), userEntry("after")]);
});

test("a database that cannot be synced keeps its log, and nothing acknowledged is lost", async () => {
  const file = createStorePath();
  const { disk, syncFile } = createDisk(file);
  const errors: string[] = [];
  const ignore = (): void => {};
  const log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (message: string) => void errors.push(message),
  };
  const store = await openStore({ file, syncFile, log });
  const lease = await store.acquire(key, owner);
  let stored = 0;
  disk.isFailing = (isLog) => !isLog && errors.length === 0;
  while (errors.length === 0) {
    await lease.append([large]);
    stored += 1;
  }
  await expect.poll(() => lease.append([userEntry("after")]).then(() => "stored", String)).toBe("stored");
  await lease.release();
  const expected = [...Array.from({ length: stored }, () => large), userEntry("after")];
  expect(await readEntries(store)).toEqual(expected);
  await store.close();
  expect(await readEntries(await openStore({ file }))).toEqual(expected);
});

test("a stored turn takes two commits: its question with the lease, and its answer with the release", async () => {
  const { disk, syncFile } = createDisk();
  const store = await openStore({ syncFile });
  const { runAgent } = createTestRunner(store);
  const before = disk.syncs;
  await collectEvents(
    runAgent(
      createTestRun({
        model: createScriptedModel([says("hi")]),
        sessionKey: key,
        credential: owner.credential,
      }),
    ),
  );
  expect(disk.syncs - before).toBe(2);
  expect(await readEntries(store)).toHaveLength(2);
});
