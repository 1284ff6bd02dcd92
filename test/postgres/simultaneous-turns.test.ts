/** Turns of several sessions that one statement stores. A turn that fails does not affect the others. */
import { Client } from "pg";
import { expect, test } from "vitest";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import type { SessionLease } from "../../server/agent/sessions/store.ts";
import {
  createStorePath,
  openStoreWithSql,
  owner,
  postgresUrl,
  readEntries,
  userEntry,
} from "../support/runs/stores.ts";

const keys = ["a", "b", "c", "d", "e", "f"].map((name) => `agent:main:${name}`);
const [first = "", , third = ""] = keys;

const acquireAll = (store: Store): Promise<readonly SessionLease[]> =>
  Promise.all(keys.map((key) => store.acquire(key, owner, () => [userEntry(`question of ${key}`)])));

async function openTalks(): Promise<Awaited<ReturnType<typeof openStoreWithSql>>> {
  const opened = await openStoreWithSql({ file: createStorePath(), isExclusive: false });
  for (const lease of await acquireAll(opened.store)) await lease.release([userEntry("first")]);
  return opened;
}

test("each session gets its own entries, in order", async () => {
  const { store, runSql } = await openTalks();
  for (let turn = 0; turn < 5; turn += 1) {
    const leases = await acquireAll(store);
    await Promise.all(leases.map((lease, index) => lease.append([userEntry(`tool of ${keys[index]}`)])));
    await Promise.all(leases.map((lease, index) => lease.release([userEntry(`answer of ${keys[index]}`)])));
  }
  for (const key of keys)
    expect(await readEntries(store, key)).toEqual(
      [`question of ${key}`, "first"]
        .concat(
          ...Array.from({ length: 5 }, () => ["question", "tool", "answer"].map((it) => `${it} of ${key}`)),
        )
        .map(userEntry),
    );
  expect(await runSql("select count(*) as leased from sessions where lease_owner is not null")).toEqual([
    { leased: 0 },
  ]);
  await store.close();
});

test("a turn whose lease has ended is rejected, and the other turns are stored", async () => {
  const { store, runSql } = await openTalks();
  const leases = await acquireAll(store);
  await runSql(`update sessions set fence = fence + 1 where key = '${third}'`);
  const releases = await Promise.allSettled(leases.map((lease) => lease.release([userEntry("answer")])));
  expect(releases.map(({ status }) => status)).toEqual(
    keys.map((key) => (key === third ? "rejected" : "fulfilled")),
  );
  expect(releases[2]).toMatchObject({ reason: { code: "session_busy" } });
  await store.close();
});

test("a turn whose rows violate a constraint fails, and the other turns are stored", async () => {
  const { store, runSql } = await openTalks();
  const leases = await acquireAll(store);
  await runSql(
    `insert into entries (session_id, seq, at, kind, payload) select id, 4, 0, 'turn', '{}' from sessions where key = '${third}'`,
  );
  const releases = await Promise.allSettled(leases.map((lease) => lease.release([userEntry("answer")])));
  expect(releases.map(({ status }) => status)).toEqual(
    keys.map((key) => (key === third ? "rejected" : "fulfilled")),
  );
  await store.close();
});

test("a session whose row is locked does not delay the others, and is stored when the row is free", async () => {
  const { store, runSql } = await openTalks();
  const [{ schema } = {}] = await runSql("select current_schema() as schema");
  const client = new Client(postgresUrl);
  await client.connect();
  const leases = await acquireAll(store);
  await client.query(`begin; select * from ${String(schema)}.sessions where key = '${first}' for update`);
  const releases = leases.map((lease) => lease.release([userEntry("answer")]));
  await Promise.all(releases.filter((_, index) => index !== 0));
  expect(await runSql(`select count(*) as leased from sessions where lease_owner is not null`)).toEqual([
    { leased: 1 },
  ]);
  await client.query("commit");
  await releases[0];
  await client.end();
  expect(await readEntries(store, first)).toEqual(
    [`question of ${first}`, "first", `question of ${first}`, "answer"].map(userEntry),
  );
  await store.close();
});
