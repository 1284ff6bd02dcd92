import { expect, test } from "vitest";
import { createLanes, createTurnstile } from "../../server/agent/turnstile.ts";
import { GatewayError } from "../../server/errors.ts";

const refuse = (): GatewayError => new GatewayError("server_overloaded", "full");
const forever = new AbortController().signal;
const limits = { holders: 2, waiting: 2, refuse };

test("as many as it holds pass, the others wait in order", async () => {
  const door = createTurnstile(limits);
  const first = await door.enter(forever, 60_000);
  await door.enter(forever, 60_000);
  const order: string[] = [];
  const third = door.enter(forever, 60_000).then((leave) => (order.push("third"), leave));
  const fourth = door.enter(forever, 60_000).then((leave) => (order.push("fourth"), leave));
  await expect(door.enter(forever, 60_000)).rejects.toThrow("full");
  first();
  first();
  (await third)();
  (await fourth)();
  expect(order).toEqual(["third", "fourth"]);
});

test("whoever waits too long is refused and takes no place", async () => {
  const door = createTurnstile({ ...limits, holders: 1 });
  const leave = await door.enter(forever, 60_000);
  await expect(door.enter(forever, 10)).rejects.toThrow("full");
  leave();
  expect(door.idle).toBe(true);
});

test("whoever gives up leaves the queue", async () => {
  const door = createTurnstile({ ...limits, holders: 1 });
  const leave = await door.enter(forever, 60_000);
  const caller = new AbortController();
  const waiting = door.enter(caller.signal, 60_000);
  caller.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  await expect(door.enter(caller.signal, 60_000)).rejects.toThrow("gone");
  leave();
  expect(door.idle).toBe(true);
});

test("lanes are apart from each other, and forgotten when idle", async () => {
  const enter = createLanes({ ...limits, holders: 1 });
  const order: number[] = [];
  const turns = Array.from({ length: 3 }, async (_, index) => {
    const leave = await enter("a", forever, 60_000);
    order.push(index);
    await Promise.resolve();
    leave();
  });
  (await enter("b", forever, 60_000))();
  await Promise.all(turns);
  expect(order).toEqual([0, 1, 2]);
});
