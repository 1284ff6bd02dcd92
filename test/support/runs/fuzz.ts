/** Checks a property with new random inputs until its time is over. A failure prints the input and the seed. */
import * as fc from "fast-check";

/** Most targets have two properties, which take ten seconds together. */
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 5);

/** Longest time of one fuzz test, for vitest. */
export const fuzzTimeoutMs = seconds * 1_000 + 60_000;

export function fuzz<T extends [unknown, ...unknown[]]>(
  arbitraries: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  check: (...values: T) => boolean | void,
): void {
  const property = fc.property(...arbitraries, check);
  fc.assert(property, { numRuns: Infinity, interruptAfterTimeLimit: seconds * 1_000, maxSkipsPerRun: 1_000 });
}
