import { expect, test } from "vitest";
import { batchCalls } from "../../server/lib/batch-calls.ts";

test("items that arrive during a call go into the next one, and each gets its own result", async () => {
  const batches: (readonly number[])[] = [];
  const double = batchCalls(async (numbers: readonly number[]) => {
    batches.push(numbers);
    await new Promise(setImmediate);
    return numbers.map((number) => number * 2);
  });
  const first = double(1);
  expect(await Promise.all([first, double(2), double(3)])).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1], [2, 3]]);
  expect(await double(4)).toBe(8);
  expect(batches).toHaveLength(3);
});

test("a call that fails rejects its own items, and the next items are called", async () => {
  let calls = 0;
  const call = batchCalls((items: readonly string[]): Promise<readonly string[]> => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error("away")) : Promise.resolve(items);
  });
  const [first, second] = await Promise.allSettled([call("a"), call("b")]);
  expect(first).toMatchObject({ status: "rejected", reason: new Error("away") });
  expect(second).toEqual({ status: "fulfilled", value: "b" });
  expect(await call("c")).toBe("c");
});
