/** A wrong clock deletes nothing: the clock of the store is set, and its running time goes on by itself. */
import { expect, test } from "vitest";
import { createLive } from "../../server/lib/live.ts";
import { Session } from "../../contracts/config/session.ts";
import type { LogFields } from "../../server/lib/ports.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import { appendEntries, createStorePath, openStore, owner, userEntry } from "../support/runs/stores.ts";

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 5, 1);
const viewer = owner.credential;
const scope = { credential: viewer, method: "POST", path: "/x", key: "k" };

interface Time {
  clock: number;
  running: number;
}

const createTime = (): Time => ({ clock: start, running: 0 });

/** Lets time pass as it does on a machine whose clock is right. */
function pass(time: Time, ms: number): void {
  time.clock += ms;
  time.running += ms;
}

async function openAt(
  time: Time,
  file: string,
  lines: LogFields[] = [],
  session: object = {},
): Promise<Store> {
  const writeLine = (message: string, fields: LogFields = {}): void =>
    void lines.push({ message, ...fields });
  return openStore({
    file,
    clock: () => time.clock,
    runningTime: () => time.running,
    session: createLive(Session.parse({ maintenance: { pruneAfter: "30d" }, ...session })),
    log: { debug: writeLine, info: writeLine, warn: writeLine, error: writeLine },
  });
}

const listKeys = async (store: Store): Promise<readonly string[]> =>
  (await store.sessions.list({ viewer, limit: 100 })).map(({ key }) => key);

/** Stores a session, a response and an idempotency record, all of which expire within 30 days. */
async function fill(store: Store): Promise<void> {
  await appendEntries(store, "agent:main:a", userEntry("hello"));
  const claim = await store.idempotency.claim(scope, "f");
  if (claim.state === "new") await claim.complete({ status: 200, headers: {}, body: "stored" });
}

async function expectEverything(store: Store): Promise<void> {
  await store.cleanUp();
  expect(await listKeys(store)).toContain("agent:main:a");
  const claim = await store.idempotency.claim(scope, "f");
  expect(claim.state).toBe("replay");
}

test.each([40, -40])("a start at %d days, then the right clock: nothing is lost", async (days) => {
  const file = createStorePath();
  const time = createTime();
  const first = await openAt(time, file);
  await fill(first);
  await first.close();

  const lines: LogFields[] = [];
  const wrong = { clock: time.clock + days * day, running: 0 };
  const second = await openAt(wrong, file, lines);
  await expectEverything(second);
  await appendEntries(second, "agent:main:wrong", userEntry("hello"));
  await second.close();
  expect(lines.filter(({ message }) => String(message).startsWith("the clock has jumped"))).toHaveLength(1);

  const third = await openAt({ clock: time.clock + hour, running: 0 }, file);
  await expectEverything(third);
  expect(await listKeys(third)).toContain("agent:main:wrong");
});

test.each([40, -40])("a clock that jumps by %d days in a running process deletes nothing", async (days) => {
  const time = createTime();
  const store = await openAt(time, createStorePath(), [], { reset: { mode: "idle", idleMinutes: 60 } });
  await fill(store);
  pass(time, hour / 2);
  time.clock += days * day;
  // Before a check has seen the jump: neither the reset of an idle session nor a repeated request believes the clock.
  await appendEntries(store, "agent:main:a", userEntry("again"));
  expect((await store.sessions.find("agent:main:a", viewer)).entries).toBe(2);
  await expectEverything(store);
  time.clock -= days * day;
  await expectEverything(store);
});

test("after a jump expiry waits for 24 hours of running time, also over a restart", async () => {
  const file = createStorePath();
  const time = createTime();
  const first = await openAt(time, file);
  await appendEntries(first, "agent:main:a", userEntry("hello"));
  await first.close();

  const later = { clock: start + 40 * day, running: 0 };
  const second = await openAt(later, file);
  for (let i = 0; i < 20; i++) {
    pass(later, hour);
    await second.cleanUp();
  }
  await second.close();
  const third = await openAt({ clock: later.clock, running: 0 }, file);
  await third.cleanUp();
  expect(await listKeys(third)).toHaveLength(1);
  await third.close();
  const fourth = { clock: later.clock, running: 0 };
  const store = await openAt(fourth, file);
  for (let i = 0; i < 5; i++) {
    pass(fourth, hour);
    await store.cleanUp();
  }
  expect(await listKeys(store)).toEqual([]);
});

test("a turn with a clock that stands before the last use does not make the session older", async () => {
  const time = createTime();
  const store = await openAt(time, createStorePath());
  await appendEntries(store, "agent:main:a", userEntry("hello"));
  time.clock -= 40 * day;
  await appendEntries(store, "agent:main:a", userEntry("hello"));
  expect(await store.sessions.find("agent:main:a", viewer)).toMatchObject({ updatedAt: start });
  await store.sessions.reset("agent:main:a", viewer);
  expect(await store.sessions.find("agent:main:a", viewer)).toMatchObject({ updatedAt: start });
});

test("one pass deletes at most a tenth of the sessions because of their age", async () => {
  const time = createTime();
  const store = await openAt(time, createStorePath());
  for (let i = 0; i < 30; i++) await appendEntries(store, `agent:main:${i}`, userEntry("hello"));
  pass(time, 40 * day);
  await store.cleanUp();
  expect(await listKeys(store)).toHaveLength(27);
  await store.cleanUp();
  expect(await listKeys(store)).toHaveLength(25);
});

test("setting the clock back revives no credential", async () => {
  const file = createStorePath();
  const time = createTime();
  const store = await openAt(time, file);
  pass(time, 10 * hour);
  await store.cleanUp();
  time.clock -= 5 * hour;
  expect(store.getLatestTime()).toBe(start + 10 * hour);
  await store.close();
  const reopened = await openAt({ clock: start, running: 0 }, file);
  expect(reopened.getLatestTime()).toBe(start + 10 * hour);
});
