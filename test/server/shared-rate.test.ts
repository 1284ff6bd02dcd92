/** One node's view of a shared rate: which requests query the store, and which do not. */
import { expect, test } from "vitest";
import { GatewayError } from "../../server/lib/errors.ts";
import type { RateRequest, RateStore } from "../../server/lib/rate-store.ts";
import { createSharedRate } from "../../server/lib/shared-rate.ts";

/** Creates a store of one window that never ends, and the list of the requested amounts. */
function createStore(): { readonly store: RateStore; readonly amounts: number[] } {
  const amounts: number[] = [];
  let taken = 0;
  const store: RateStore = {
    async take({ amount, limit }: RateRequest) {
      amounts.push(amount);
      await new Promise(setImmediate);
      const granted = Math.min(amount, limit - taken);
      taken += granted;
      return { granted, taken, resetMs: 5_000 };
    },
    addFailures: () => Promise.resolve([]),
  };
  return { store, amounts };
}

const takeAll = async (
  rate: ReturnType<typeof createSharedRate>,
  limit: number,
  count: number,
): Promise<number> => {
  let admissions = 0;
  for (let index = 0; index < count; index += 1) if ((await rate.take(limit)) === undefined) admissions += 1;
  return admissions;
};

test("each request of a limit below 200 is one query, and a refusal needs no other one until the window ends", async () => {
  const { store, amounts } = createStore();
  let now = 0;
  const rate = createSharedRate({ store, name: "a", window: "minute", clock: () => now });
  expect(await takeAll(rate, 3, 10)).toBe(3);
  expect(amounts).toEqual([1, 1, 1, 1]);
  expect(rate.take(3)).toBe(5_000);
  now = 5_000;
  expect(await rate.take(3)).toBe(5_000);
  expect(amounts).toHaveLength(5);
});

test("one query takes a hundredth of a high limit, for the next requests too", async () => {
  const { store, amounts } = createStore();
  const rate = createSharedRate({ store, name: "a", window: "sliding", clock: () => 0 });
  expect(await takeAll(rate, 1_000, 95)).toBe(95);
  expect(amounts).toEqual(Array(10).fill(10));
  expect(rate.read(1_000)).toEqual({ remaining: 905, resetMs: 60_000 });
});

test("the portion of a past minute admits no request", async () => {
  const { store, amounts } = createStore();
  let now = 0;
  const rate = createSharedRate({ store, name: "a", window: "minute", clock: () => now });
  await rate.take(1_000);
  now = 5_000;
  await rate.take(1_000);
  expect(amounts).toEqual([10, 10]);
});

test("requests that arrive together are one query", async () => {
  const { store, amounts } = createStore();
  const rate = createSharedRate({ store, name: "a", window: "minute", clock: () => 0 });
  const answers = await Promise.all(Array.from({ length: 20 }, async () => rate.take(15)));
  expect(answers.filter((each) => each === undefined)).toHaveLength(15);
  expect(amounts).toEqual([1, 19]);
});

test("the rest of a portion admits the requests that waited for the query", async () => {
  const { store, amounts } = createStore();
  const rate = createSharedRate({ store, name: "a", window: "minute", clock: () => 0 });
  await Promise.all(Array.from({ length: 20 }, async () => rate.take(1_000)));
  expect(amounts).toEqual([10, 10]);
});

test("a store that fails admits no request, and is queried again", async () => {
  const { store } = createStore();
  let isAway = true;
  const failing: RateStore = {
    ...store,
    take: (request) =>
      isAway ? Promise.reject(new GatewayError("storage_unavailable", "away")) : store.take(request),
  };
  const rate = createSharedRate({ store: failing, name: "a", window: "minute", clock: () => 0 });
  await expect(Promise.all([rate.take(9), rate.take(9)])).rejects.toThrow("away");
  isAway = false;
  expect(await rate.take(9)).toBeUndefined();
});
