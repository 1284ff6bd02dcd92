import { describe, expect, test } from "vitest";
import type { Session } from "../../server/agent/sessions/catalog.ts";
import type { Entry, StoredEntry } from "../../server/agent/sessions/store.ts";
import { assistantTurn } from "../support/runs/runs.ts";
import {
  appendEntries,
  readEntries,
  openStore,
  owner,
  userEntry,
  sessionKey as key,
} from "../support/runs/stores.ts";

const createAnswer = (text: string): Entry => ({ kind: "turn", runId: "run_1", turn: assistantTurn(text) });
const rewind = (to: number): Entry => ({ kind: "rewind", runId: "run_2", to });
const listKeys = (sessions: readonly Session[]): readonly string[] => sessions.map((each) => each.key);
const listSeqs = (entries: readonly StoredEntry[]): readonly number[] => entries.map(({ seq }) => seq);
const viewer = owner.credential;

/** Creates a clock that advances by a minute with every call. */
const createMinuteClock = (): (() => number) => {
  let now = Date.UTC(2026, 0, 1);
  return () => (now += 60_000);
};

describe("the list", () => {
  test("returns the most recently used sessions first, page by page", async () => {
    const store = await openStore({ clock: createMinuteClock() });
    for (const name of ["a", "b", "c", "d"]) await appendEntries(store, `agent:main:${name}`, userEntry("x"));
    await appendEntries(store, "agent:main:b", userEntry("y"), userEntry("z"));

    const first = await store.sessions.list({ viewer, limit: 2 });
    expect(listKeys(first)).toEqual(["agent:main:b", "agent:main:d"]);
    expect(first[0]).toMatchObject({ agentId: "main", credential: viewer, entries: 3 });
    const rest = await store.sessions.list({ viewer, limit: 9, after: first[1] });
    expect(listKeys(rest)).toEqual(["agent:main:c", "agent:main:a"]);
  });

  test("pages separate sessions of the same millisecond", async () => {
    const store = await openStore({ clock: () => 1 });
    for (const name of ["a", "b", "c"]) await appendEntries(store, `agent:main:${name}`, userEntry("x"));
    const pages: string[] = [];
    let after: Session | undefined;
    do {
      [after] = await store.sessions.list({ viewer, limit: 1, after });
      if (after !== undefined) pages.push(after.key);
    } while (after !== undefined);
    expect(pages).toEqual(["agent:main:c", "agent:main:b", "agent:main:a"]);
  });

  test("can be filtered by agent and by last use", async () => {
    const store = await openStore({ clock: createMinuteClock() });
    await appendEntries(store, "agent:main:a", userEntry("x"));
    const lease = await store.acquire("agent:coder:b", { ...owner, agentId: "coder" });
    await lease.append([userEntry("x")]);
    await lease.release();
    expect(listKeys(await store.sessions.list({ viewer, limit: 9, agentId: "main" }))).toEqual([
      "agent:main:a",
    ]);
    const { updatedAt } = await store.sessions.find("agent:coder:b", viewer);
    expect(listKeys(await store.sessions.list({ viewer, limit: 9, since: updatedAt }))).toEqual([
      "agent:coder:b",
    ]);
  });
});

describe("ownership", () => {
  test("another credential's session is neither listed nor found, and the operator sees all", async () => {
    const store = await openStore();
    await appendEntries(store, key, userEntry("x"));
    expect(await store.sessions.list({ viewer: "eve", limit: 9 })).toEqual([]);
    expect(listKeys(await store.sessions.list({ viewer: "operator", limit: 9 }))).toEqual([key]);
    const notFound = { code: "session_not_found" };
    await expect(store.sessions.find(key, "eve")).rejects.toMatchObject(notFound);
    await expect(store.sessions.history(key, "eve", { limit: 1 })).rejects.toMatchObject(notFound);
    await expect(store.sessions.reset(key, "eve")).rejects.toMatchObject(notFound);
    await expect(store.sessions.remove(key, "eve")).rejects.toMatchObject(notFound);
    await expect(store.sessions.find("agent:main:none", viewer)).rejects.toMatchObject(notFound);
    expect((await store.sessions.find(key, "operator")).credential).toBe("alice");
  });

  test("a run of the operator continues another credential's session, which keeps its owner", async () => {
    const store = await openStore();
    await appendEntries(store, key, userEntry("x"));
    const lease = await store.acquire(key, { agentId: "main", credential: "operator" });
    expect(lease.entries).toHaveLength(1);
    await lease.append([userEntry("y")]);
    await lease.release();
    expect((await store.sessions.find(key, viewer)).credential).toBe("alice");
    expect(await readEntries(store)).toEqual([userEntry("x"), userEntry("y")]);
  });
});

describe("the history", () => {
  test("is paged from either end and has a total", async () => {
    const store = await openStore();
    await appendEntries(store, key, ...["a", "b", "c", "d", "e"].map(userEntry));
    const { sessions } = store;
    const newest = await sessions.history(key, viewer, { limit: 2 });
    expect([listSeqs(newest.entries), newest.total, newest.hasMore]).toEqual([[4, 5], 5, true]);
    const older = await sessions.history(key, viewer, { limit: 3, before: 4 });
    expect([listSeqs(older.entries), older.hasMore]).toEqual([[1, 2, 3], false]);
    const oldest = await sessions.history(key, viewer, { limit: 2, after: 0 });
    expect([listSeqs(oldest.entries), oldest.hasMore]).toEqual([[1, 2], true]);
    const nextPage = await sessions.history(key, viewer, { limit: 9, after: 2 });
    expect([listSeqs(nextPage.entries), nextPage.hasMore]).toEqual([[3, 4, 5], false]);
    expect((await sessions.history(key, viewer, { limit: 9, before: 1 })).entries).toEqual([]);
  });

  test("has fewer entries in a page when they are large, and at least one", async () => {
    const store = await openStore();
    await appendEntries(
      store,
      key,
      ...[6, 6, 6, 18, 1].map((megabytes) => userEntry("x".repeat(megabytes * 1e6))),
    );
    const pages: (readonly number[])[] = [];
    for (let before: number | undefined; before !== 1; before = pages.at(-1)?.[0]) {
      const { entries, hasMore } = await store.sessions.history(key, viewer, { limit: 9, before });
      pages.push(listSeqs(entries));
      expect(hasMore).toBe(entries[0]?.seq !== 1);
    }
    expect(pages).toEqual([[5], [4], [2, 3], [1]]);
    const oldest = await store.sessions.history(key, viewer, { limit: 9, after: 0 });
    expect([listSeqs(oldest.entries), oldest.hasMore]).toEqual([[1, 2], true]);
  });

  test("leaves out replaced turns and interruptions, and has a summary at its position", async () => {
    const store = await openStore();
    await appendEntries(
      store,
      key,
      userEntry("a"),
      createAnswer("b"),
      userEntry("c"),
      createAnswer("first"),
      rewind(2),
      userEntry("c"),
      { kind: "interrupted", runId: null },
      { kind: "compaction", runId: "run_3", summary: "so far", kept: 1 },
      createAnswer("second"),
    );
    const { entries, total } = await store.sessions.history(key, viewer, { limit: 9 });
    expect([listSeqs(entries), total]).toEqual([[1, 2, 6, 8, 9], 5]);
    const allEntries = await store.sessions.entriesAfter((await store.sessions.find(key, viewer)).id, 3, 3);
    expect(listSeqs(allEntries)).toEqual([4, 5, 6]);
  });
});

test("settings are set one by one, survive a reset, and are removed again", async () => {
  const store = await openStore();
  await appendEntries(store, key, userEntry("a"));
  await store.sessions.patch(key, viewer, { label: "Trip", model: "test/large" });
  const set = await store.sessions.patch(key, viewer, { thinking: "high" });
  expect(set).toMatchObject({ label: "Trip", model: "test/large", thinking: "high" });
  await store.sessions.reset(key, viewer);
  await store.sessions.patch(key, viewer, { label: null });
  const { label, model } = await store.sessions.find(key, viewer);
  expect([label, model]).toEqual([undefined, "test/large"]);
  const otherViewer = store.sessions.patch(key, "eve", { label: "Mine" });
  await expect(otherViewer).rejects.toMatchObject({ code: "session_not_found" });
});

describe("a reset", () => {
  test("starts an empty conversation under the same key", async () => {
    const store = await openStore();
    await appendEntries(store, key, userEntry("a"), userEntry("b"));
    const sessionBefore = await store.sessions.find(key, viewer);
    const sessionAfter = await store.sessions.reset(key, viewer);
    expect(sessionAfter).toMatchObject({
      key,
      entries: 0,
      credential: viewer,
      createdAt: sessionBefore.createdAt,
    });
    expect(sessionAfter.id).not.toBe(sessionBefore.id);
    expect(await readEntries(store)).toEqual([]);
    expect(listKeys(await store.sessions.list({ viewer, limit: 9 }))).toEqual([key]);
    await appendEntries(store, key, userEntry("c"));
    expect((await store.sessions.history(key, viewer, { limit: 9 })).entries).toMatchObject([
      { seq: 1, entry: userEntry("c") },
    ]);
  });

  test("and a deletion take the session away from the run that leases it", async () => {
    const store = await openStore();
    const first = await store.acquire(key, owner);
    await first.append([userEntry("a")]);
    await store.sessions.reset(key, viewer);
    await expect(first.append([userEntry("too late")])).rejects.toMatchObject({
      code: "session_busy",
      retry: false,
    });
    await first.release();

    const second = await store.acquire(key, owner);
    await second.append([userEntry("b")]);
    await store.sessions.remove(key, viewer);
    await expect(second.append([userEntry("too late")])).rejects.toMatchObject({ code: "session_busy" });
    await second.release();
    await expect(store.sessions.find(key, viewer)).rejects.toMatchObject({ code: "session_not_found" });

    // The fencing tokens of a new session start at the same number and must not be mistaken for the old ones.
    const third = await store.acquire(key, owner);
    await third.append([userEntry("c")]);
    await expect(first.append([userEntry("too late")])).rejects.toMatchObject({ code: "session_busy" });
    await expect(second.append([userEntry("too late")])).rejects.toMatchObject({ code: "session_busy" });
    await third.release();
    expect(await readEntries(store)).toEqual([userEntry("c")]);
  });

  test("notifies listeners of the session, as appends and a deletion do", async () => {
    const store = await openStore();
    const notifications: string[] = [];
    const stop = store.sessions.changes.subscribe((each, { reason }) =>
      notifications.push(`${each} ${reason}`),
    );
    await appendEntries(store, key, userEntry("a"));
    await store.sessions.reset(key, viewer);
    await store.sessions.remove(key, viewer);
    stop();
    await appendEntries(store, key, userEntry("a"));
    expect(notifications).toEqual([`${key} appended`, `${key} reset`, `${key} deleted`]);
  });
});
