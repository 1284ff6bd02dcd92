import type { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { createLive } from "../../server/lib/live.ts";
import { Session } from "../../contracts/config/session.ts";
import type { LogFields } from "../../server/lib/ports.ts";
import {
  appendEntries,
  readEntries,
  openStore,
  owner,
  userEntry,
  sessionKey as key,
} from "../support/runs/stores.ts";

const day = 86_400_000;
const viewer = owner.credential;

async function openStoreAt(
  session: Parameters<typeof Session.parse>[0],
  start = new Date(2026, 5, 1, 12).getTime(),
) {
  const time = { now: start };
  const lines: LogFields[] = [];
  const writeLine = (message: string, fields: LogFields = {}): void =>
    void lines.push({ message, ...fields });
  let database: DatabaseSync | undefined;
  const store = await openStore({
    clock: () => time.now,
    session: createLive(Session.parse(session)),
    log: { debug: writeLine, info: writeLine, warn: writeLine, error: writeLine },
    onOpen: (opened) => (database = opened),
  });
  const read = (sql: string) => database?.prepare(sql).get();
  const count = (table: string): unknown => read(`select count(*) as n from ${table}`)?.["n"];
  return { store, time, lines, count, read };
}

describe("sessions", () => {
  test("that are unused for the configured time are deleted with their entries, and others stay", async () => {
    const { store, time, count } = await openStoreAt({ maintenance: { pruneAfter: "30d" } });
    await appendEntries(store, "agent:main:old", userEntry("a"));
    time.now += 15 * day;
    await appendEntries(store, "agent:main:new", userEntry("a"));
    const openLease = await store.acquire("agent:main:old-but-at-work", owner);
    await openLease.append([userEntry("a")]);
    time.now += 20 * day;
    await store.cleanUp();
    const remainingSessions = await store.sessions.list({ viewer, limit: 9 });
    expect(remainingSessions.map((each) => each.key)).toEqual([
      "agent:main:old-but-at-work",
      "agent:main:new",
    ]);
    expect([count("entries"), count("discarded")]).toEqual([2, 0]);
    await openLease.release();
  });

  test("beyond the configured number are deleted, the least recently used first", async () => {
    const { store, time, lines } = await openStoreAt({ maintenance: { maxEntries: 2 } });
    for (const name of ["a", "b", "c", "d"]) {
      time.now += 1;
      await appendEntries(store, `agent:main:${name}`, userEntry("x"));
    }
    await store.cleanUp();
    const remainingSessions = await store.sessions.list({ viewer, limit: 9 });
    expect(remainingSessions.map((each) => each.key)).toEqual(["agent:main:d", "agent:main:c"]);
    expect(lines).toContainEqual({ message: "unused sessions were deleted", deleted: 2 });
  });

  test("stay in mode `warn`, and the log says how many are due", async () => {
    const { store, time, lines } = await openStoreAt({ maintenance: { mode: "warn", maxEntries: 1 } });
    await appendEntries(store, "agent:main:a", userEntry("x"));
    await appendEntries(store, "agent:main:b", userEntry("x"));
    time.now += 31 * day;
    await store.cleanUp();
    expect(await store.sessions.list({ viewer, limit: 9 })).toHaveLength(2);
    expect(lines).toContainEqual(expect.objectContaining({ due: 2 }));
  });

  test("give their space back to the file system", async () => {
    const { store, time, read } = await openStoreAt({ maintenance: { pruneAfter: "1d" } });
    const pages = (): number => Number(read("pragma page_count")?.["page_count"]);
    const pagesOfEmptyStore = pages();
    for (let i = 0; i < 20; i++) await appendEntries(store, `agent:main:${i}`, userEntry("x".repeat(50_000)));
    expect(pages()).toBeGreaterThan(pagesOfEmptyStore + 200);
    time.now += 2 * day;
    for (let pass = 0; pass < 20; pass++) await store.cleanUp();
    expect(pages()).toBeLessThan(pagesOfEmptyStore + 10);
    expect(read("pragma integrity_check")).toEqual({ integrity_check: "ok" });
  });

  test("with many entries are deleted in steps, between which other work runs", async () => {
    const { store, time, count } = await openStoreAt({ maintenance: { pruneAfter: "1d" } });
    const long = await store.acquire(key, owner);
    for (let i = 0; i < 10; i++)
      await long.append(Array.from({ length: 1_000 }, () => userEntry("x".repeat(200))));
    await long.release();
    time.now += 2 * day;
    let turns = 0;
    const other = (): void => {
      turns += 1;
      next = setImmediate(other);
    };
    let next = setImmediate(other);
    await store.cleanUp();
    clearImmediate(next);
    expect([count("sessions"), count("entries")]).toEqual([0, 0]);
    // Other work runs after every 200 entries at the latest.
    expect(turns).toBeGreaterThan(10_000 / 200);
  });
});

describe("a conversation", () => {
  const readAfterIdle = async (
    reset: object,
    idleMs: number,
    start?: number,
  ): Promise<readonly unknown[]> => {
    const { store, time } = await openStoreAt({ reset: reset as never }, start);
    await appendEntries(store, key, userEntry("before"));
    time.now += idleMs;
    return readEntries(store);
  };

  test("never expires by default", async () => {
    const { store, time } = await openStoreAt({});
    await appendEntries(store, key, userEntry("before"));
    time.now += 300 * day;
    expect(await readEntries(store)).toHaveLength(1);
  });

  test("is reset after the configured idle time", async () => {
    const idle = { mode: "idle", idleMinutes: 30 };
    expect(await readAfterIdle(idle, 30 * 60_000)).toHaveLength(1);
    expect(await readAfterIdle(idle, 31 * 60_000)).toHaveLength(0);
    expect(await readAfterIdle({ mode: "idle" }, 59 * 60_000)).toHaveLength(1);
    expect(await readAfterIdle({ mode: "idle" }, 61 * 60_000)).toHaveLength(0);
  });

  test("is reset after the configured hour or the idle time, whichever comes first", async () => {
    const daily = { mode: "daily", atHour: 4 };
    const night = new Date(2026, 5, 2, 3, 30).getTime();
    expect(await readAfterIdle(daily, 20 * 60_000, night)).toHaveLength(1);
    expect(await readAfterIdle(daily, 31 * 60_000, night)).toHaveLength(0);
    expect(await readAfterIdle(daily, 24.4 * 3_600_000, night + 3_600_000)).toHaveLength(0);
    expect(await readAfterIdle({ ...daily, idleMinutes: 10 }, 20 * 60_000, night)).toHaveLength(0);
  });

  test("that was reset keeps its key and its owner, and has only the new entries", async () => {
    const { store, time, count } = await openStoreAt({ reset: { mode: "idle", idleMinutes: 1 } });
    await appendEntries(store, key, userEntry("before"));
    const { id } = await store.sessions.find(key, viewer);
    time.now += 120_000;
    await appendEntries(store, key, userEntry("after"));
    expect(await store.sessions.find(key, viewer)).toMatchObject({ key, credential: viewer, entries: 1 });
    expect((await store.sessions.find(key, viewer)).id).not.toBe(id);
    await store.cleanUp();
    expect(count("entries")).toBe(1);
  });
});
