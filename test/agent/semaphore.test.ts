import { expect, test } from "vitest";
import { createKeyedSemaphore, createSemaphore } from "../../server/agent/semaphore.ts";
import { GatewayError } from "../../server/lib/errors.ts";

const createError = (): GatewayError => new GatewayError("server_overloaded", "full");
const { signal } = new AbortController();
const options = { limit: 2, maxQueued: 2, createError };

test("callers up to the limit pass, the others wait in order", async () => {
  const semaphore = createSemaphore(options);
  const first = await semaphore.acquire(signal, 60_000);
  await semaphore.acquire(signal, 60_000);
  const order: string[] = [];
  const third = semaphore.acquire(signal, 60_000).then((release) => (order.push("third"), release));
  const fourth = semaphore.acquire(signal, 60_000).then((release) => (order.push("fourth"), release));
  await expect(semaphore.acquire(signal, 60_000)).rejects.toThrow("full");
  first();
  first();
  (await third)();
  (await fourth)();
  expect(order).toEqual(["third", "fourth"]);
});

test("a caller that waits too long is rejected and takes no slot", async () => {
  const semaphore = createSemaphore({ ...options, limit: 1 });
  const release = await semaphore.acquire(signal, 60_000);
  await expect(semaphore.acquire(signal, 10)).rejects.toThrow("full");
  release();
  expect([semaphore.countActive(), semaphore.countQueued()]).toEqual([0, 0]);
});

test("an aborted caller leaves the queue", async () => {
  const semaphore = createSemaphore({ ...options, limit: 1 });
  const release = await semaphore.acquire(signal, 60_000);
  const caller = new AbortController();
  const queued = semaphore.acquire(caller.signal, 60_000);
  caller.abort(new Error("gone"));
  await expect(queued).rejects.toThrow("gone");
  await expect(semaphore.acquire(caller.signal, 60_000)).rejects.toThrow("gone");
  release();
  expect([semaphore.countActive(), semaphore.countQueued()]).toEqual([0, 0]);
});

test("keys are independent of each other", async () => {
  const { acquire, count } = createKeyedSemaphore({ ...options, limit: 1 });
  const order: number[] = [];
  const acquisitions = Array.from({ length: 3 }, async (_, index) => {
    const release = await acquire("a", signal, 60_000);
    order.push(index);
    await Promise.resolve();
    release();
  });
  (await acquire("b", signal, 60_000))();
  expect(count()).toEqual({ active: 1, queued: 2 });
  await Promise.all(acquisitions);
  expect(order).toEqual([0, 1, 2]);
  expect(count()).toEqual({ active: 0, queued: 0 });
});
