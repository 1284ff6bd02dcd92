import type { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Session } from "../../contracts/config/session.ts";
import type { LogFields } from "../../server/agent/types.ts";
import { add, entriesOf, openStore, owner, said, sessionKey as key } from "../support/stores.ts";

const day = 86_400_000;
const viewer = owner.credential;

async function storeAt(
  session: Parameters<typeof Session.parse>[0],
  start = new Date(2026, 5, 1, 12).getTime(),
) {
  const time = { now: start };
  const lines: LogFields[] = [];
  const note = (message: string, fields: LogFields = {}): void => void lines.push({ message, ...fields });
  let database: DatabaseSync | undefined;
  const store = await openStore({
    clock: () => time.now,
    session: Session.parse(session),
    log: { debug: note, info: note, warn: note, error: note },
    opened: (opened) => (database = opened),
  });
  const count = (table: string): unknown =>
    database?.prepare(`select count(*) as n from ${table}`).get()?.["n"];
  return { store, time, lines, count };
}

describe("sessions", () => {
  test("that nobody has used for the configured time are deleted, entries and all; others stay", async () => {
    const { store, time, count } = await storeAt({ maintenance: { pruneAfter: "30d" } });
    await add(store, "agent:main:old", said("a"));
    time.now += 15 * day;
    await add(store, "agent:main:new", said("a"));
    const held = await store.acquire("agent:main:old-but-at-work", owner);
    await held.append([said("a")]);
    time.now += 20 * day;
    await store.sweep();
    const left = await store.sessions.list({ viewer, limit: 9 });
    expect(left.map((each) => each.key)).toEqual(["agent:main:old-but-at-work", "agent:main:new"]);
    expect([count("entries"), count("discarded")]).toEqual([2, 0]);
    await held.release();
  });

  test("beyond the configured number are deleted, the longest unused first", async () => {
    const { store, time, lines } = await storeAt({ maintenance: { maxEntries: 2 } });
    for (const name of ["a", "b", "c", "d"]) {
      time.now += 1;
      await add(store, `agent:main:${name}`, said("x"));
    }
    await store.sweep();
    const left = await store.sessions.list({ viewer, limit: 9 });
    expect(left.map((each) => each.key)).toEqual(["agent:main:d", "agent:main:c"]);
    expect(lines).toContainEqual({ message: "unused sessions were deleted", deleted: 2 });
  });

  test("stay when the mode is to warn, and the log says how many are due", async () => {
    const { store, time, lines } = await storeAt({ maintenance: { mode: "warn", maxEntries: 1 } });
    await add(store, "agent:main:a", said("x"));
    await add(store, "agent:main:b", said("x"));
    time.now += 31 * day;
    await store.sweep();
    expect(await store.sessions.list({ viewer, limit: 9 })).toHaveLength(2);
    expect(lines).toContainEqual(expect.objectContaining({ due: 2 }));
  });

  test("with many entries are swept in steps, between which others get their turn", async () => {
    const { store, time, count } = await storeAt({ maintenance: { pruneAfter: "1d" } });
    const long = await store.acquire(key, owner);
    for (let i = 0; i < 10; i++)
      await long.append(Array.from({ length: 1_000 }, () => said("x".repeat(200))));
    await long.release();
    time.now += 2 * day;
    let turns = 0;
    const other = (): void => {
      turns += 1;
      next = setImmediate(other);
    };
    let next = setImmediate(other);
    await store.sweep();
    clearImmediate(next);
    expect([count("sessions"), count("entries")]).toEqual([0, 0]);
    // Whoever waits gets a turn after every 200 entries at the latest.
    expect(turns).toBeGreaterThan(10_000 / 200);
  });
});

describe("a conversation", () => {
  const lastWord = async (reset: object, silentMs: number, start?: number): Promise<readonly unknown[]> => {
    const { store, time } = await storeAt({ reset: reset as never }, start);
    await add(store, key, said("before"));
    time.now += silentMs;
    return entriesOf(store);
  };

  test("goes on for ever unless it is configured", async () => {
    const { store, time } = await storeAt({});
    await add(store, key, said("before"));
    time.now += 300 * day;
    expect(await entriesOf(store)).toHaveLength(1);
  });

  test("begins anew after the configured silence", async () => {
    const idle = { mode: "idle", idleMinutes: 30 };
    expect(await lastWord(idle, 30 * 60_000)).toHaveLength(1);
    expect(await lastWord(idle, 31 * 60_000)).toHaveLength(0);
    expect(await lastWord({ mode: "idle" }, 59 * 60_000)).toHaveLength(1);
    expect(await lastWord({ mode: "idle" }, 61 * 60_000)).toHaveLength(0);
  });

  test("begins anew after the configured hour, or the silence, whichever is first", async () => {
    const daily = { mode: "daily", atHour: 4 };
    const night = new Date(2026, 5, 2, 3, 30).getTime();
    expect(await lastWord(daily, 20 * 60_000, night)).toHaveLength(1);
    expect(await lastWord(daily, 31 * 60_000, night)).toHaveLength(0);
    expect(await lastWord(daily, 24.4 * 3_600_000, night + 3_600_000)).toHaveLength(0);
    expect(await lastWord({ ...daily, idleMinutes: 10 }, 20 * 60_000, night)).toHaveLength(0);
  });

  test("that began anew keeps its key and its owner, and only what was said since", async () => {
    const { store, time, count } = await storeAt({ reset: { mode: "idle", idleMinutes: 1 } });
    await add(store, key, said("before"));
    const { id } = await store.sessions.find(key, viewer);
    time.now += 120_000;
    await add(store, key, said("after"));
    expect(await store.sessions.find(key, viewer)).toMatchObject({ key, credential: viewer, entries: 1 });
    expect((await store.sessions.find(key, viewer)).id).not.toBe(id);
    await store.sweep();
    expect(count("entries")).toBe(1);
  });
});
