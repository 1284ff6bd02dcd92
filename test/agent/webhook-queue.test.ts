/** The stored queue of webhook events: one claim at a time, back-off, the end of an event, and a bound. */
import { expect, test } from "vitest";
import type { NewResponse } from "../../server/agent/sessions/responses.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import { createStorePath, openStore, openStoreWithSql, owner, postgresUrl } from "../support/runs/stores.ts";

const url = "https://app.test/events?key=secret";
const hour = 3_600_000;
const leaseMs = 60_000;

const buildResponse = (id: string): NewResponse => ({
  id,
  ...owner,
  previousId: undefined,
  sessionKey: undefined,
  status: "in_progress",
  background: true,
  expiresAt: Date.now() + 48 * hour,
  request: "{}",
  response: "{}",
  input: "[]",
  turns: [],
});

async function finishResponse({ responses }: Store, id: string): Promise<void> {
  await responses.create(buildResponse(id));
  await responses.finish(id, { status: "completed", response: "{}" });
}

const webhooks = () => [{ url }];
const claim = (store: Store, limit = 10) => store.webhooks.claim(url, limit, leaseMs);
const listIds = async (store: Store): Promise<readonly string[]> =>
  (await claim(store)).deliveries.map(({ responseId }) => responseId);

test("an event is claimed once, also at the same time and by two nodes, and is due again when its node is gone", async () => {
  const file = createStorePath();
  const first = await openStore({ file, webhooks, isExclusive: false });
  for (const id of ["resp_1", "resp_2", "resp_3"]) await finishResponse(first, id);
  // A file has one node.
  const second = postgresUrl === undefined ? first : await openStore({ file, webhooks, isExclusive: false });
  const claims = await Promise.all([claim(first, 2), claim(second, 2), claim(first, 2)]);
  const ids = claims.flatMap(({ deliveries }) => deliveries.map(({ responseId }) => responseId));
  expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
  ids.push(...(await listIds(first)));
  expect(ids.toSorted()).toEqual(["resp_1", "resp_2", "resp_3"]);
  expect(await first.webhooks.count()).toBe(3);
  await second.close();
  await first.close();
  const next = await openStore({ file, webhooks });
  expect((await listIds(next)).toSorted()).toEqual(["resp_1", "resp_2", "resp_3"]);
});

test("an event that is planned again is not due before its time, and keeps its id", async () => {
  const store = await openStore({ webhooks });
  await finishResponse(store, "resp_1");
  const [delivery] = (await claim(store)).deliveries;
  if (delivery === undefined) throw new Error("no event");
  expect(delivery).toMatchObject({ attempt: 1, type: "response.completed", responseId: "resp_1" });
  expect(await store.webhooks.retry(delivery, hour)).toBe(true);
  const { deliveries, nextInMs = 0 } = await claim(store);
  expect(deliveries).toEqual([]);
  expect(nextInMs).toBeGreaterThan(hour / 2);
  expect(nextInMs).toBeLessThanOrEqual(hour);
});

test("an attempt that was not made does not count", async () => {
  const store = await openStore({ webhooks });
  await finishResponse(store, "resp_1");
  const [delivery] = (await claim(store)).deliveries;
  if (delivery === undefined) throw new Error("no event");
  await store.webhooks.release(delivery);
  expect((await claim(store)).deliveries).toEqual([delivery]);
});

test("an event whose next attempt would be after 24 hours is given up", async () => {
  const store = await openStore({ webhooks });
  await finishResponse(store, "resp_1");
  const [delivery] = (await claim(store)).deliveries;
  if (delivery === undefined) throw new Error("no event");
  expect(await store.webhooks.retry(delivery, 24 * hour + 1)).toBe(false);
  expect(await store.webhooks.count()).toBe(0);
});

test("a claim that another one has replaced changes nothing", async () => {
  const { store, runSql } = await openStoreWithSql({ webhooks });
  await finishResponse(store, "resp_1");
  const [late] = (await claim(store)).deliveries;
  await runSql("update webhook_deliveries set due_at = 0");
  const [current] = (await claim(store)).deliveries;
  if (late === undefined || current === undefined) throw new Error("no event");
  expect(current).toEqual({ ...late, attempt: 2 });
  await store.webhooks.remove(late);
  expect(await store.webhooks.retry(late, 1)).toBe(true);
  await store.webhooks.release(late);
  expect(await store.webhooks.count()).toBe(1);
  expect(await listIds(store)).toEqual([]);
  await store.webhooks.remove(current);
  expect(await store.webhooks.count()).toBe(0);
});

test("a full queue drops new events, and the response ends all the same", async () => {
  const { store, runSql } = await openStoreWithSql({ webhooks });
  await runSql(
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
     insert into webhook_deliveries select 'evt_' || i, '${url}', 'response.completed', 'resp', 0, 0, 0, 9999999999999, null from n`,
  );
  await finishResponse(store, "resp_1");
  expect(await store.webhooks.count()).toBe(10_000);
  expect((await store.responses.get("resp_1", owner.credential))?.status).toBe("completed");
});

test("events whose time is over are deleted with a line in the log that has no query", async () => {
  const lines: unknown[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (...line: readonly unknown[]) => void lines.push(line),
  };
  const { store, runSql } = await openStoreWithSql({ webhooks, log });
  await finishResponse(store, "resp_1");
  await runSql("update webhook_deliveries set expires_at = 1");
  await store.cleanUp();
  expect(await store.webhooks.count()).toBe(0);
  expect(lines).toEqual([
    [
      "webhook events were given up: no gateway has delivered them in time",
      { receiver: "https://app.test/events", events: 1 },
    ],
  ]);
});
