/** The limits of JSON, against the plain definition of depth and number of values. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkJsonLimits } from "../../server/lib/json-limits.ts";
import { fuzz, fuzzTimeoutMs } from "../support/runs/fuzz.ts";

const childrenOf = (value: unknown): readonly unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value) : [];
const countNodes = (value: unknown): number =>
  childrenOf(value).reduce<number>((sum, child) => sum + countNodes(child), 1);
const measureDepth = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...childrenOf(value).map(measureDepth)) : 0;

function accepts(value: unknown, maxDepth: number, maxNodes: number): boolean {
  try {
    checkJsonLimits(value, { maxDepth, maxNodes });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "json_too_complex" });
    return false;
  }
}

test(
  "a value is accepted exactly when it has neither more levels nor more values than the limits",
  () => {
    fuzz(
      [fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 })],
      (value, depth, nodes) => {
        const isWithin = measureDepth(value) <= depth && countNodes(value) <= nodes;
        // A single value is always accepted: the limits are checked with the children of a list or object.
        if (childrenOf(value).length > 0) expect(accepts(value, depth, nodes)).toBe(isWithin);
      },
    );
  },
  fuzzTimeoutMs,
);

test(
  "nesting of any depth is rejected, and does not exhaust the stack",
  () => {
    fuzz([fc.integer({ min: 65, max: 50_000 }), fc.boolean()], (depth, isList) => {
      const text = isList
        ? `${"[".repeat(depth)}${"]".repeat(depth)}`
        : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
      expect(accepts(JSON.parse(text), 64, 50_000)).toBe(false);
    });
  },
  fuzzTimeoutMs,
);
