/** What a lease reads of a long conversation, and what it takes from the cache. */
import { Kysely } from "kysely";
import { expect, test } from "vitest";
import { createEntryReader } from "../../server/agent/sessions/entry-rows.ts";
import { createNodeSqlite } from "../../server/agent/sessions/node-sqlite.ts";
import { readRecentEntries } from "../../server/agent/sessions/recent-entries.ts";
import type { Tables } from "../../server/agent/sessions/schema.ts";
import type { Entry, SessionLease } from "../../server/agent/sessions/store.ts";
import { selectVisibleTurns } from "../../server/agent/sessions/transcript.ts";
import {
  appendEntries,
  createStorePath,
  openStore,
  openStoreWithSql,
  owner,
  postgresUrl,
  readEntries,
  sessionKey as key,
  userEntry,
} from "../support/runs/stores.ts";

/** Returns numbers from 0 to `limit` - 1, the same in every run. */
function createNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

/** Writes entries as runs do: a rewind or a compaction applies to the turns that are there. */
function createEntries(seed: number): readonly Entry[] {
  const next = createNumbers(seed);
  const entries: Entry[] = [];
  const count = 1 + next(60);
  while (entries.length < count) {
    const turns = selectVisibleTurns(entries.map((entry, index) => ({ seq: index + 1, at: 1, entry })));
    const firstTurn = turns.findIndex(({ turn }) => turn.role === "user" && turn.summary === true) + 1;
    const choice = next(10);
    if (choice === 0 && turns.length > firstTurn) {
      const last = turns[firstTurn + next(turns.length - firstTurn)];
      entries.push({ kind: "rewind", runId: "r", to: last?.seq ?? 0 });
    } else if (choice === 1 && turns.length > 1) {
      entries.push({ kind: "compaction", runId: "r", summary: `${seed}`, kept: next(turns.length) });
    } else if (choice === 2) entries.push({ kind: "interrupted", runId: null });
    else entries.push(userEntry(`turn ${entries.length}`));
  }
  return entries;
}

test.skipIf(postgresUrl !== undefined)(
  "the entries from the last compaction on give the same conversation as all entries",
  async () => {
    const file = createStorePath();
    const store = await openStore({ file });
    const seeds = Array.from({ length: 150 }, (_, seed) => seed);
    await Promise.all(
      seeds.map((seed) => appendEntries(store, `agent:main:${seed}`, ...createEntries(seed))),
    );
    await store.close();

    const db = new Kysely<Tables>({ dialect: createNodeSqlite(file).dialect });
    let shortened = 0;
    for (const seed of seeds) {
      const { id } = await db
        .selectFrom("sessions")
        .select("id")
        .where("key", "=", `agent:main:${seed}`)
        .executeTakeFirstOrThrow();
      const all = createEntries(seed).map((entry, index) => ({ seq: index + 1, at: 1, entry }));
      const { entries } = await db
        .transaction()
        .execute((tx) => readRecentEntries(tx, id, createEntryReader(undefined), 4));
      expect(entries.at(-1)?.seq).toBe(all.length);
      expect([seed, selectVisibleTurns(entries)]).toEqual([seed, selectVisibleTurns(all)]);
      if (entries.length < all.length) shortened += 1;
    }
    await db.destroy();
    expect(shortened).toBeGreaterThan(30);
  },
);

test("a lease has the entries of the lease before it, and those that another one wrote in between", async () => {
  const { store, runSql } = await openStoreWithSql();
  const texts = (lease: SessionLease): readonly Entry[] => lease.entries.map(({ entry }) => entry);
  await appendEntries(store, key, userEntry("a"));
  const second = await store.acquire(key, owner, () => [userEntry("b")]);
  expect(texts(second)).toEqual([userEntry("a")]);
  await second.release([userEntry("c")]);
  // As a gateway does that shares the database: it takes a lease, which raises the fence.
  await runSql(`update sessions set fence = fence + 1`);
  await runSql(
    `insert into entries select session_id, 4, run_id, at, kind, replace(payload, '"c"', '"d"'), null from entries where seq = 3`,
  );
  expect(await readEntries(store)).toEqual(["a", "b", "c", "d"].map(userEntry));
  await store.sessions.reset(key, owner.credential);
  expect(await readEntries(store)).toEqual([]);
});

test("what `getFirstEntries` throws rejects the lease, and nothing is stored", async () => {
  const store = await openStore();
  await expect(
    store.acquire(key, owner, () => {
      throw new Error("nothing is new");
    }),
  ).rejects.toMatchObject({ code: "storage_unavailable" });
  expect(await store.sessions.list({ viewer: "operator", limit: 9 })).toEqual([]);
});
