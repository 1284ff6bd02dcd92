/** The checker of histories accepts those that an order explains, and finds each planted violation. */
import { array, assert, constantFrom, integer, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { findViolations, type Operation } from "../../soak/history.ts";

type Outcome = Operation["outcome"];
const append = (
  value: string,
  [invokedAt, returnedAt]: [number, number],
  outcome: Outcome = "ok",
): Operation => ({
  invokedAt,
  returnedAt,
  outcome,
  action: { append: value },
});
const read = (values: string, [invokedAt, returnedAt]: [number, number]): Operation => ({
  invokedAt,
  returnedAt,
  outcome: "ok",
  action: { read: values.split("") },
});

test("a history that one order explains has no violation", () => {
  expect(findViolations([])).toEqual([]);
  expect(findViolations([append("a", [0, 1]), append("b", [2, 3]), read("ab", [4, 5])])).toEqual([]);
  // Concurrent appends may be in any order, and a read beside them may see none, one or both.
  const concurrent = [append("a", [0, 9]), append("b", [0, 9])];
  for (const seen of ["", "b"])
    expect(findViolations([...concurrent, read(seen, [1, 8]), read("ba", [10, 11])])).toEqual([]);
  // An append of unknown outcome may have happened, may happen later, or never.
  const cut = append("x", [2, 3], "unknown");
  expect(findViolations([append("a", [0, 1]), cut, read("ax", [4, 5])])).toEqual([]);
  expect(findViolations([append("a", [0, 1]), cut, read("a", [4, 5]), read("ax", [6, 7])])).toEqual([]);
  expect(findViolations([append("a", [0, 1]), cut, read("a", [4, 5])])).toEqual([]);
});

test.each<[string, readonly Operation[], RegExp]>([
  [
    "a lost turn",
    [append("a", [0, 1]), append("b", [2, 3]), read("a", [4, 5])],
    /a read of 1 values began after the append of b/,
  ],
  [
    "a turn that is lost in the middle",
    [append("a", [0, 1]), append("b", [2, 3]), append("c", [4, 5]), read("ac", [6, 7])],
    /append of c|a read of 2/,
  ],
  ["a doubled turn", [append("a", [0, 1]), read("aa", [2, 3])], /doubled: a/],
  [
    "turns out of order",
    [append("a", [0, 1]), append("b", [2, 3]), read("ba", [4, 5])],
    /append of b began after the append of a/,
  ],
  ["a stale read", [append("a", [0, 1]), read("a", [2, 3]), read("", [4, 5])], /a read of 0 values/],
  [
    "a stale read beside an append",
    [append("a", [0, 9]), read("a", [1, 2]), read("", [3, 4])],
    /a read of 0 values/,
  ],
  [
    "a read of what comes later",
    [read("a", [0, 1]), append("a", [2, 3])],
    /the append of a began after a read/,
  ],
  [
    "reads of two lists",
    [append("a", [0, 9]), append("b", [0, 9]), read("ab", [1, 2]), read("b", [1, 2])],
    /reads differ at 0/,
  ],
  ["a turn of nobody", [read("a", [0, 1])], /never appended: a/],
  ["a turn that was refused", [append("a", [0, 1], "failed"), read("a", [2, 3])], /operation that failed: a/],
])("%s is found", (_name, operations, fault) => {
  expect(findViolations(operations).join("\n")).toMatch(fault);
});

/** Tries every order, as the definition says. */
function isLinearizable(operations: readonly Operation[]): boolean {
  const place = (left: readonly Operation[], list: readonly string[]): boolean =>
    left.every(({ outcome }) => outcome !== "ok") ||
    left.some((operation) => {
      const { action, invokedAt } = operation;
      const isFirst = left.every(({ outcome, returnedAt }) => outcome !== "ok" || returnedAt >= invokedAt);
      const rest = left.filter((other) => other !== operation);
      if (!isFirst) return false;
      if ("append" in action) return place(rest, [...list, action.append]);
      return action.read.join() === list.join() && place(rest, list);
    });
  return place(operations, []);
}

test("it agrees with a search through all orders", () => {
  const times = tuple(integer({ min: 0, max: 12 }), integer({ min: 1, max: 6 }));
  const appends = tuple(
    ...["a", "b", "c"].map((value) =>
      tuple(times, constantFrom<Outcome>("ok", "unknown")).map(([[at, ms], outcome]) =>
        append(value, [at, at + ms], outcome),
      ),
    ),
  );
  const reads = array(
    tuple(times, constantFrom("", "a", "ab", "abc", "b", "ba", "ac")).map(([[at, ms], values]) =>
      read(values, [at, at + ms]),
    ),
    { maxLength: 3 },
  );
  const seen = { yes: 0, no: 0 };
  assert(
    property(appends, reads, (first, second) => {
      const operations = [...first, ...second];
      const expected = isLinearizable(operations);
      seen[expected ? "yes" : "no"] += 1;
      expect(findViolations(operations).length === 0).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
});
