/** The limits of JSON, against the plain definition of depth and number of values. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkJsonLimits, checkJsonText } from "../../server/lib/json-limits.ts";
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
  "a text that the rough check rejects is rejected by the exact one, and the rough one never reads wrongly",
  () => {
    fuzz(
      [
        fc.json({ maxDepth: 6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
      ],
      (json, depth, nodes, isSpaced) => {
        const text = isSpaced ? JSON.stringify(JSON.parse(json), undefined, 1) : json;
        const value: unknown = JSON.parse(text);
        const isRejected = (maxDepth: number, maxNodes: number): boolean => {
          try {
            checkJsonText(text, { maxDepth, maxNodes });
            return false;
          } catch (error) {
            expect(error).toMatchObject({ code: "json_too_complex" });
            return true;
          }
        };
        if (isRejected(depth, nodes))
          expect(measureDepth(value) > depth || countNodes(value) > nodes).toBe(true);
        expect(isRejected(depth, 1_000_000)).toBe(measureDepth(value) > depth);
        // Twice the limit is certain: each value has a comma or a bracket before it.
        if (countNodes(value) > 2 * nodes + 1) expect(isRejected(64, nodes)).toBe(true);
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
