import type { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { NewResponse, StoredEvent } from "../../server/agent/sessions/responses.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import { assistantTurn, userTurn } from "../support/runs/runs.ts";
import { createStorePath, openStore, openStoreWithSql, owner, postgresUrl } from "../support/runs/stores.ts";

const neverSignal = new AbortController().signal;
const startTime = Date.UTC(2026, 0, 1);
const day = 86_400_000;

const buildResponse = (id: string, overrides: Partial<NewResponse> = {}): NewResponse => ({
  id,
  ...owner,
  previousId: undefined,
  sessionKey: undefined,
  status: "in_progress",
  background: false,
  expiresAt: startTime + 30 * day,
  request: '{"model":"openclaw"}',
  response: '{"status":"in_progress"}',
  input: '[{"role":"user"}]',
  turns: [userTurn(`question ${id}`)],
  ...overrides,
});

const completion = { status: "completed", response: '{"status":"completed"}' } as const;

/** Creates a response and finishes it with an answer. */
async function completeResponse(
  { responses }: Store,
  id: string,
  overrides: Partial<NewResponse> = {},
): Promise<void> {
  await responses.create(buildResponse(id, overrides));
  await responses.finish(id, { ...completion, turns: [assistantTurn(`answer ${id}`)] });
}

async function collectEvents({ responses }: Store, id: string, from = 0): Promise<readonly StoredEvent[]> {
  return Array.fromAsync(responses.follow(id, from, neverSignal));
}

const openStoreWithClock = (now: () => number) => openStore({ clock: now });
const createTurns = (id: string): readonly object[] => [
  userTurn(`question ${id}`),
  assistantTurn(`answer ${id}`),
];

describe("a response", () => {
  test("is stored with its documents, status and numbered events, across a restart", async () => {
    const file = createStorePath();
    const store = await openStore({ file, clock: () => startTime });
    await store.responses.create(
      buildResponse("resp_1", { status: "queued", background: true, sessionKey: "k" }),
    );
    expect(
      await store.responses.append("resp_1", { status: "in_progress", events: ['{"a":0}', '{"a":1}'] }),
    ).toBe(true);
    await store.responses.append("resp_1", { events: ['{"a":2}'], turns: [assistantTurn("hi")] });
    await store.responses.finish("resp_1", { ...completion, events: ['{"a":3}'] });
    await store.close();

    const reopened = await openStore({ file, clock: () => startTime });
    expect(await reopened.responses.get("resp_1", owner.credential)).toEqual({
      id: "resp_1",
      ...owner,
      previousId: undefined,
      sessionKey: "k",
      status: "completed",
      background: true,
      createdAt: startTime,
      events: 4,
      request: '{"model":"openclaw"}',
      response: '{"status":"completed"}',
    });
    expect(await reopened.responses.input("resp_1", owner.credential)).toBe('[{"role":"user"}]');
    const events = [0, 1, 2, 3].map((seq) => ({ seq, data: `{"a":${seq}}` }));
    expect(await collectEvents(reopened, "resp_1")).toEqual(events);
    expect(await collectEvents(reopened, "resp_1", 1)).toEqual(events.slice(1));
    expect(await collectEvents(reopened, "resp_1", 9)).toEqual([]);
  });

  test("in progress can be followed: stored events first, then new ones, up to the end", async () => {
    const store = await openStoreWithClock(() => startTime);
    await store.responses.create(buildResponse("resp_1"));
    await store.responses.append("resp_1", { events: ["0", "1"] });
    const follower = store.responses.follow("resp_1", 1, neverSignal)[Symbol.asyncIterator]();
    expect(await follower.next()).toMatchObject({ value: { seq: 1, data: "1" } });
    const next = follower.next();
    await store.responses.append("resp_1", { events: ["2"] });
    expect(await next).toMatchObject({ value: { seq: 2, data: "2" } });
    const last = Array.fromAsync({ [Symbol.asyncIterator]: () => follower });
    await store.responses.finish("resp_1", { ...completion, events: ["3", "4"] });
    expect(await last).toEqual([
      { seq: 3, data: "3" },
      { seq: 4, data: "4" },
    ]);
  });

  test("is no longer followed after an abort or its deletion", async () => {
    const store = await openStoreWithClock(() => startTime);
    await store.responses.create(buildResponse("resp_1"));
    const caller = new AbortController();
    const followedEvents = Array.fromAsync(store.responses.follow("resp_1", 0, caller.signal));
    caller.abort();
    expect(await followedEvents).toEqual([]);
    const followedDeleted = collectEvents(store, "resp_1");
    await store.responses.remove("resp_1", owner.credential);
    expect(await followedDeleted).toEqual([]);
  });

  test("accepts nothing after its end or its deletion", async () => {
    const store = await openStoreWithClock(() => startTime);
    await store.responses.create(buildResponse("resp_1"));
    expect(await store.responses.finish("resp_1", { ...completion, status: "cancelled" })).toBe(true);
    expect(await store.responses.finish("resp_1", completion)).toBe(false);
    expect(await store.responses.append("resp_1", { events: ["late"] })).toBe(false);
    expect((await store.responses.get("resp_1", owner.credential))?.status).toBe("cancelled");
    await store.responses.create(buildResponse("resp_2"));
    expect(await store.responses.remove("resp_2", owner.credential)).toBe(true);
    expect(await store.responses.append("resp_2", { events: ["late"] })).toBe(false);
    expect(await store.responses.remove("resp_2", owner.credential)).toBe(false);
  });

  test("is found by its owner and the operator until it expires", async () => {
    const time = { now: startTime };
    const store = await openStoreWithClock(() => time.now);
    await completeResponse(store, "resp_1");
    expect(await store.responses.get("resp_1", "operator")).toBeDefined();
    expect(await store.responses.get("resp_1", "eve")).toBeUndefined();
    expect(await store.responses.input("resp_1", "eve")).toBeUndefined();
    expect(await store.responses.remove("resp_1", "eve")).toBe(false);
    time.now += 30 * day;
    expect(await store.responses.get("resp_1", owner.credential)).toBeUndefined();
    expect(await store.responses.chain("resp_1", owner)).toBeUndefined();
  });

  test("whose process died is interrupted and keeps its output", async () => {
    const file = createStorePath();
    const store = await openStore({ file, clock: () => startTime });
    await store.responses.create(buildResponse("resp_1"));
    await store.responses.append("resp_1", { events: ["0"], turns: [assistantTurn("so far")] });
    await store.close();
    const reopened = await openStore({ file, clock: () => startTime });
    expect((await reopened.responses.get("resp_1", owner.credential))?.status).toBe("interrupted");
    expect(await collectEvents(reopened, "resp_1")).toEqual([{ seq: 0, data: "0" }]);
    expect(await reopened.responses.chain("resp_1", owner)).toMatchObject({
      status: "interrupted",
      turns: [userTurn("question resp_1"), assistantTurn("so far")],
    });
  });
});

describe("a chain of responses", () => {
  test("contains all turns from the first question on, without those of other branches", async () => {
    const store = await openStoreWithClock(() => startTime);
    await completeResponse(store, "a");
    await completeResponse(store, "b", { previousId: "a" });
    await completeResponse(store, "c", { previousId: "b" });
    await completeResponse(store, "b2", { previousId: "a", sessionKey: "k" });
    expect((await store.responses.chain("c", owner))?.turns).toEqual(["a", "b", "c"].flatMap(createTurns));
    expect(await store.responses.chain("b2", owner)).toEqual({
      turns: ["a", "b2"].flatMap(createTurns),
      status: "completed",
      sessionKey: "k",
    });
  });

  test("belongs to one credential and one agent", async () => {
    const store = await openStoreWithClock(() => startTime);
    await completeResponse(store, "a");
    expect(await store.responses.chain("a", { ...owner, credential: "eve" })).toBeUndefined();
    expect(await store.responses.chain("a", { ...owner, agentId: "coder" })).toBeUndefined();
    expect(await store.responses.chain("nothing", owner)).toBeUndefined();
  });

  test("starts at a response that has the whole context", async () => {
    const store = await openStoreWithClock(() => startTime);
    await completeResponse(store, "a");
    await store.responses.create(buildResponse("b", { previousId: "a" }));
    await store.responses.append("b", { turns: [assistantTurn("dropped")] });
    const context = [userTurn("summary"), userTurn("question b")];
    await store.responses.finish("b", { ...completion, context, turns: [assistantTurn("answer b")] });
    await completeResponse(store, "c", { previousId: "b" });
    expect((await store.responses.chain("c", owner))?.turns).toEqual([
      userTurn("summary"),
      userTurn("question b"),
      assistantTurn("answer b"),
      ...createTurns("c"),
    ]);
  });

  test.skipIf(postgresUrl !== undefined)("of any length is read in one query", async () => {
    const statements: string[] = [];
    let database: DatabaseSync | undefined;
    const store = await openStore({ clock: () => startTime, onOpen: (opened) => (database = opened) });
    await completeResponse(store, "0");
    for (let i = 1; i < 300; i++) await completeResponse(store, String(i), { previousId: String(i - 1) });
    const prepare = database?.prepare.bind(database);
    if (database === undefined || prepare === undefined) throw new Error("not opened");
    database.prepare = (sql) => {
      if (sql.startsWith("select") || sql.startsWith("with")) statements.push(sql);
      return prepare(sql);
    };
    const chain = await store.responses.chain("299", owner);
    expect(chain?.turns).toEqual(Array.from({ length: 300 }, (_, i) => createTurns(String(i))).flat());
    expect(statements).toHaveLength(2);
  });

  test("can have more turns than one statement can insert", async () => {
    const store = await openStoreWithClock(() => startTime);
    const turns = Array.from({ length: 12_000 }, (_, i) => userTurn(String(i)));
    await store.responses.create(buildResponse("a", { turns }));
    expect((await store.responses.chain("a", owner))?.turns).toEqual(turns);
  });

  test("stays readable after its responses expire or are deleted, as long as another response continues it", async () => {
    const time = { now: startTime };
    const { store, runSql } = await openStoreWithSql({ clock: () => time.now });
    const countRows = (): Promise<readonly unknown[]> =>
      Promise.all(
        ["responses", "response_documents", "response_turns", "response_events"].map(
          async (table) => (await runSql(`select count(*) as n from ${table}`))[0]?.["n"],
        ),
      );
    await completeResponse(store, "a");
    await completeResponse(store, "b", { previousId: "a" });
    await store.responses.remove("b", owner.credential);
    expect(await store.responses.get("b", owner.credential)).toBeUndefined();
    time.now += 29 * day;
    await completeResponse(store, "c", { previousId: "b", expiresAt: time.now + 30 * day });
    time.now += 2 * day;
    await store.cleanUp();
    expect(await store.responses.get("a", owner.credential)).toBeUndefined();
    expect((await store.responses.chain("c", owner))?.turns).toEqual(["a", "b", "c"].flatMap(createTurns));
    time.now += 29 * day;
    await store.cleanUp();
    await store.cleanUp();
    expect(await countRows()).toEqual([0, 0, 0, 0]);
  });
});
