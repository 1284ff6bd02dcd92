import type { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { NewResponse, StoredEvent } from "../../server/agent/sessions/responses.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import { assistant, user } from "../support/runs.ts";
import { newStoreFile, openStore, owner } from "../support/stores.ts";

const never = new AbortController().signal;
const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;

const response = (id: string, more: Partial<NewResponse> = {}): NewResponse => ({
  id,
  ...owner,
  previousId: undefined,
  sessionKey: undefined,
  status: "in_progress",
  background: false,
  expiresAt: start + 30 * day,
  request: '{"model":"openclaw"}',
  response: '{"status":"in_progress"}',
  input: '[{"role":"user"}]',
  turns: [user(`question ${id}`)],
  ...more,
});

const done = { status: "completed", response: '{"status":"completed"}' } as const;

/** A response that continues another, with an answer. */
async function answered({ responses }: Store, id: string, more: Partial<NewResponse> = {}): Promise<void> {
  await responses.create(response(id, more));
  await responses.finish(id, { ...done, turns: [assistant(`answer ${id}`)] });
}

async function followed({ responses }: Store, id: string, from = 0): Promise<readonly StoredEvent[]> {
  return Array.fromAsync(responses.follow(id, from, never));
}

const at = (now: () => number) => openStore({ clock: now });
const text = (id: string): readonly object[] => [user(`question ${id}`), assistant(`answer ${id}`)];

describe("a response", () => {
  test("is kept with its documents, its state and its numbered events, across a restart", async () => {
    const file = newStoreFile();
    const store = await openStore({ file, clock: () => start });
    await store.responses.create(response("resp_1", { status: "queued", background: true, sessionKey: "k" }));
    expect(
      await store.responses.append("resp_1", { status: "in_progress", events: ['{"a":0}', '{"a":1}'] }),
    ).toBe(true);
    await store.responses.append("resp_1", { events: ['{"a":2}'], turns: [assistant("hi")] });
    await store.responses.finish("resp_1", { ...done, events: ['{"a":3}'] });
    await store.close();

    const again = await openStore({ file, clock: () => start });
    expect(await again.responses.get("resp_1", owner.credential)).toEqual({
      id: "resp_1",
      ...owner,
      previousId: undefined,
      sessionKey: "k",
      status: "completed",
      background: true,
      createdAt: start,
      events: 4,
      request: '{"model":"openclaw"}',
      response: '{"status":"completed"}',
    });
    expect(await again.responses.input("resp_1", owner.credential)).toBe('[{"role":"user"}]');
    const events = [0, 1, 2, 3].map((seq) => ({ seq, data: `{"a":${seq}}` }));
    expect(await followed(again, "resp_1")).toEqual(events);
    expect(await followed(again, "resp_1", 1)).toEqual(events.slice(1));
    expect(await followed(again, "resp_1", 9)).toEqual([]);
  });

  test("that is being made can be followed: what is there first, then what comes, up to the end", async () => {
    const store = await at(() => start);
    await store.responses.create(response("resp_1"));
    await store.responses.append("resp_1", { events: ["0", "1"] });
    const follower = store.responses.follow("resp_1", 1, never)[Symbol.asyncIterator]();
    expect(await follower.next()).toMatchObject({ value: { seq: 1, data: "1" } });
    const next = follower.next();
    await store.responses.append("resp_1", { events: ["2"] });
    expect(await next).toMatchObject({ value: { seq: 2, data: "2" } });
    const last = Array.fromAsync({ [Symbol.asyncIterator]: () => follower });
    await store.responses.finish("resp_1", { ...done, events: ["3", "4"] });
    expect(await last).toEqual([
      { seq: 3, data: "3" },
      { seq: 4, data: "4" },
    ]);
  });

  test("is no longer followed by one that has left, nor when it was deleted", async () => {
    const store = await at(() => start);
    await store.responses.create(response("resp_1"));
    const leaving = new AbortController();
    const left = Array.fromAsync(store.responses.follow("resp_1", 0, leaving.signal));
    leaving.abort();
    expect(await left).toEqual([]);
    const cut = followed(store, "resp_1");
    await store.responses.remove("resp_1", owner.credential);
    expect(await cut).toEqual([]);
  });

  test("takes nothing more when it has ended or was deleted", async () => {
    const store = await at(() => start);
    await store.responses.create(response("resp_1"));
    expect(await store.responses.finish("resp_1", { ...done, status: "cancelled" })).toBe(true);
    expect(await store.responses.finish("resp_1", done)).toBe(false);
    expect(await store.responses.append("resp_1", { events: ["late"] })).toBe(false);
    expect((await store.responses.get("resp_1", owner.credential))?.status).toBe("cancelled");
    await store.responses.create(response("resp_2"));
    expect(await store.responses.remove("resp_2", owner.credential)).toBe(true);
    expect(await store.responses.append("resp_2", { events: ["late"] })).toBe(false);
    expect(await store.responses.remove("resp_2", owner.credential)).toBe(false);
  });

  test("is found by its owner and the operator, until it expires", async () => {
    const time = { now: start };
    const store = await at(() => time.now);
    await answered(store, "resp_1");
    expect(await store.responses.get("resp_1", "operator")).toBeDefined();
    expect(await store.responses.get("resp_1", "eve")).toBeUndefined();
    expect(await store.responses.input("resp_1", "eve")).toBeUndefined();
    expect(await store.responses.remove("resp_1", "eve")).toBe(false);
    time.now += 30 * day;
    expect(await store.responses.get("resp_1", owner.credential)).toBeUndefined();
    expect(await store.responses.chain("resp_1", owner)).toBeUndefined();
  });

  test("whose process died is interrupted, and keeps what it had", async () => {
    const file = newStoreFile();
    const store = await openStore({ file, clock: () => start });
    await store.responses.create(response("resp_1"));
    await store.responses.append("resp_1", { events: ["0"], turns: [assistant("so far")] });
    await store.close();
    const again = await openStore({ file, clock: () => start });
    expect((await again.responses.get("resp_1", owner.credential))?.status).toBe("interrupted");
    expect(await followed(again, "resp_1")).toEqual([{ seq: 0, data: "0" }]);
    expect(await again.responses.chain("resp_1", owner)).toMatchObject({
      status: "interrupted",
      turns: [user("question resp_1"), assistant("so far")],
    });
  });
});

describe("a chain of responses", () => {
  test("is everything said in it, from the first question on; branches do not mix", async () => {
    const store = await at(() => start);
    await answered(store, "a");
    await answered(store, "b", { previousId: "a" });
    await answered(store, "c", { previousId: "b" });
    await answered(store, "b2", { previousId: "a", sessionKey: "k" });
    expect((await store.responses.chain("c", owner))?.turns).toEqual(["a", "b", "c"].flatMap(text));
    expect(await store.responses.chain("b2", owner)).toEqual({
      turns: ["a", "b2"].flatMap(text),
      status: "completed",
      sessionKey: "k",
    });
  });

  test("is bound to the credential and the agent", async () => {
    const store = await at(() => start);
    await answered(store, "a");
    expect(await store.responses.chain("a", { ...owner, credential: "eve" })).toBeUndefined();
    expect(await store.responses.chain("a", { ...owner, agentId: "coder" })).toBeUndefined();
    expect(await store.responses.chain("nothing", owner)).toBeUndefined();
  });

  test("goes no further back than a response that has the whole context", async () => {
    const store = await at(() => start);
    await answered(store, "a");
    await store.responses.create(response("b", { previousId: "a" }));
    await store.responses.append("b", { turns: [assistant("dropped")] });
    const context = [user("summary"), user("question b")];
    await store.responses.finish("b", { ...done, context, turns: [assistant("answer b")] });
    await answered(store, "c", { previousId: "b" });
    expect((await store.responses.chain("c", owner))?.turns).toEqual([
      user("summary"),
      user("question b"),
      assistant("answer b"),
      ...text("c"),
    ]);
  });

  test("however long is read in one query", async () => {
    const statements: string[] = [];
    let database: DatabaseSync | undefined;
    const store = await openStore({ clock: () => start, opened: (opened) => (database = opened) });
    await answered(store, "0");
    for (let i = 1; i < 300; i++) await answered(store, String(i), { previousId: String(i - 1) });
    const prepare = database?.prepare.bind(database);
    if (database === undefined || prepare === undefined) throw new Error("not opened");
    database.prepare = (sql) => {
      if (sql.startsWith("select") || sql.startsWith("with")) statements.push(sql);
      return prepare(sql);
    };
    const chain = await store.responses.chain("299", owner);
    expect(chain?.turns).toEqual(Array.from({ length: 300 }, (_, i) => text(String(i))).flat());
    expect(statements).toHaveLength(2);
  });

  test("may come as one, with more turns than a statement can hold", async () => {
    const store = await at(() => start);
    const turns = Array.from({ length: 12_000 }, (_, i) => user(String(i)));
    await store.responses.create(response("a", { turns }));
    expect((await store.responses.chain("a", owner))?.turns).toEqual(turns);
  });

  test("outlives the expiry and the deletion of its links, for as long as somebody continues it", async () => {
    const time = { now: start };
    let database: DatabaseSync | undefined;
    const store = await openStore({ clock: () => time.now, opened: (opened) => (database = opened) });
    const rows = (): unknown =>
      ["responses", "response_documents", "response_turns", "response_events"].map(
        (table) => database?.prepare(`select count(*) as n from ${table}`).get()?.["n"],
      );
    await answered(store, "a");
    await answered(store, "b", { previousId: "a" });
    await store.responses.remove("b", owner.credential);
    expect(await store.responses.get("b", owner.credential)).toBeUndefined();
    time.now += 29 * day;
    await answered(store, "c", { previousId: "b", expiresAt: time.now + 30 * day });
    time.now += 2 * day;
    await store.sweep();
    expect(await store.responses.get("a", owner.credential)).toBeUndefined();
    expect((await store.responses.chain("c", owner))?.turns).toEqual(["a", "b", "c"].flatMap(text));
    time.now += 29 * day;
    await store.sweep();
    await store.sweep();
    expect(rows()).toEqual([0, 0, 0, 0]);
  });
});
