import { expect, test } from "vitest";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { userTurn } from "../support/runs/runs.ts";
import {
  appendEntries,
  createStorePath as newFile,
  openStore,
  openStoreWithSql,
  owner,
  readEntries,
  userEntry,
  sessionKey as key,
} from "../support/runs/stores.ts";

test("entries come back in order, numbered from 1, across a restart", async () => {
  const file = newFile();
  const store = await openStore({ file });
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a"), userEntry("b")]);
  await lease.append([{ kind: "rewind", runId: "run_2", to: 1 }]);
  await lease.release();
  await store.close();

  const reopened = await openStore({ file });
  const { entries } = await reopened.acquire(key, owner);
  expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(entries.map(({ entry }) => entry)).toEqual([
    userEntry("a"),
    userEntry("b"),
    { kind: "rewind", runId: "run_2", to: 1 },
  ]);
  await reopened.close();
});

test("another credential's session is not found", async () => {
  const store = await openStore();
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  await lease.release();
  await expect(store.acquire(key, { ...owner, credential: "eve" })).rejects.toMatchObject({
    code: "session_not_found",
  });
  await store.close();
});

test("a lease that was not released does not lock the session for its own node", async () => {
  const store = await openStore();
  const lostLease = await store.acquire(key, owner);
  await lostLease.append([userEntry("a")]);
  expect(await readEntries(store)).toEqual([userEntry("a")]);
  await expect(lostLease.append([userEntry("too late")])).rejects.toMatchObject({ code: "session_busy" });
  await store.close();
});

test("a run that a crash ended is marked as interrupted, and the session goes on", async () => {
  const file = newFile();
  const store = await openStore({ file });
  const lease = await store.acquire(key, owner);
  await lease.append([userEntry("a")]);
  await store.close(); // The lease was not released.

  const reopened = await openStore({ file });
  expect(await readEntries(reopened)).toEqual([userEntry("a"), { kind: "interrupted", runId: null }]);
  await reopened.close();
});

test("a failed append is storage_unavailable, and the next one succeeds", async () => {
  const store = await openStore();
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

test("a session without an entry is deleted", async () => {
  const { store, runSql } = await openStoreWithSql();
  await (await store.acquire(key, owner)).release();
  expect(await runSql("select count(*) as n from sessions")).toEqual([{ n: 0 }]);
});

test("a session that another node has leased is busy until the lease expires", async () => {
  const { store, runSql } = await openStoreWithSql();
  await (await store.acquire(key, owner)).append([userEntry("a")]);
  await runSql("update sessions set lease_owner = 'node_other'");
  await expect(store.acquire(key, owner)).rejects.toMatchObject({ code: "session_busy" });
  await runSql("update sessions set lease_until = lease_until - 31000");
  expect(await readEntries(store)).toEqual([userEntry("a")]);
});

test("a lost lease can no longer write", async () => {
  const { store, runSql } = await openStoreWithSql();
  const first = await store.acquire(key, owner);
  await first.append([userEntry("first")]);
  await runSql("update sessions set lease_owner = 'node_dead', lease_until = lease_until - 31000");
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
});

test("appends of one lease that are made at the same time keep their order", async () => {
  const store = await openStore();
  const lease = await store.acquire(key, owner);
  const texts = Array.from({ length: 20 }, (_, index) => `entry ${index}`);
  await Promise.all(texts.map((text) => lease.append([userEntry(text)])));
  await lease.release();
  expect(await readEntries(store)).toEqual(texts.map(userEntry));
});

test("entries are stored as they are, whatever characters they have", async () => {
  const store = await openStore();
  const text = "a\u0000b \\ \"quoted\" {,} 'x' \u2028 \u{1f600} NULL";
  await appendEntries(store, key, userEntry(text), userEntry(""), { kind: "interrupted", runId: null });
  expect(await readEntries(store)).toEqual([
    userEntry(text),
    userEntry(""),
    { kind: "interrupted", runId: null },
  ]);
});
