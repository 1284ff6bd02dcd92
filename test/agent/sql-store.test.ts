import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { nodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import type { Entry, SessionStore } from "../../server/agent/sessions/store.ts";
import { randomId } from "../../server/ids.ts";
import { temporaryFolder } from "../support/gateway.ts";
import { openTestStore, user } from "../support/runs.ts";

const key = "agent:main:k";
const owner = { agentId: "main", credential: "operator" };
const said = (text: string): Entry => ({ kind: "turn", runId: "run_1", turn: user(text) });
const newFile = (): string => join(temporaryFolder(), "state", "sessions.sqlite");

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

test("a store of a newer gateway is refused", async () => {
  const file = newFile();
  await (await openTestStore(file)).close();
  const database = new DatabaseSync(file);
  database.exec("update store set version = 99");
  database.close();
  await expect(openTestStore(file)).rejects.toThrow("written by a newer gateway (store version 99");
});

test("a write-ahead log cut at any byte of its end opens with all complete earlier entries", async () => {
  const file = newFile();
  const store = await openTestStore(file);
  const lease = await store.acquire(key, owner);
  for (let i = 0; i < 5; i++) await lease.append([said(`turn ${i}`)]);
  const log = readFileSync(`${file}-wal`);
  const copies = join(temporaryFolder(), "copy.sqlite");
  let most = 0;
  for (let end = log.length; end > 0; end -= 1021) {
    copyFileSync(file, copies);
    writeFileSync(`${copies}-wal`, log.subarray(0, end));
    const database = new DatabaseSync(copies);
    const rows = existsSync(copies) ? turnsIn(database) : [];
    database.close();
    expect(rows).toEqual(rows.map((_, index) => `turn ${index}`));
    most = Math.max(most, rows.length);
  }
  expect(most).toBe(5);
  await store.close();
});

function turnsIn(database: DatabaseSync): readonly string[] {
  const tables = database.prepare("select name from sqlite_master where name = 'entries'").all();
  if (tables.length === 0) return [];
  const rows = database.prepare("select payload from entries order by seq").all() as unknown as readonly {
    readonly payload: string;
  }[];
  return rows.map(
    ({ payload }) => (JSON.parse(payload) as { turn: { content: [{ text: string }] } }).turn.content[0].text,
  );
}
