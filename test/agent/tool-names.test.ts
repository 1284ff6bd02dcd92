import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canMatchPrefix, matchesTool, matchesAllWithPrefix } from "../../server/lib/tool-names.ts";
import { startCpuTimer } from "../support/runs/cpu-time.ts";

const letters = fc.constantFrom("a", "b", "_");
const name = fc.string({ unit: letters, minLength: 1, maxLength: 6 });
const glob = fc.string({ unit: fc.constantFrom("a", "b", "_", "*"), minLength: 1, maxLength: 6 });

const asRegExp = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll("*", ".*")}$`);

test("a star matches any number of characters, every other character itself", () => {
  fc.assert(
    fc.property(glob, name, (pattern, tool) => {
      expect(matchesTool(pattern, tool)).toBe(asRegExp(pattern).test(tool));
    }),
    { numRuns: 2_000 },
  );
});

/** Every name of up to four letters that begins with the prefix. */
const beginningWith = (prefix: string): readonly string[] => {
  const tails = [""];
  for (let at = 0; at < 85; at += 1) tails.push(..."abx".split("").map((letter) => tails[at] + letter));
  return tails.slice(1).map((tail) => prefix + tail);
};

test("a pattern can be compared with a server's prefix without knowing its tools", () => {
  const prefix = fc.string({ unit: letters, minLength: 1, maxLength: 2 }).map((server) => `${server}__`);
  fc.assert(
    fc.property(glob, prefix, (pattern, prefix) => {
      const names = beginningWith(prefix);
      if (names.some((each) => matchesTool(pattern, each)))
        expect(canMatchPrefix(pattern, prefix)).toBe(true);
      expect(matchesAllWithPrefix(pattern, prefix)).toBe(names.every((each) => matchesTool(pattern, each)));
    }),
    { numRuns: 500 },
  );
});

test("a pattern of many stars takes linear time", () => {
  const readCpuMs = startCpuTimer();
  expect(matchesTool(`${"a*".repeat(60)}b`, "a".repeat(10_000))).toBe(false);
  expect(readCpuMs()).toBeLessThan(100);
});
