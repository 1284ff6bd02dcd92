/** What a scenario found: a figure, what it may be at most or has to be, and whether it is. */

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly limit: string;
  readonly outcome: "ok" | "FAILED" | "skipped";
}

/** NaN is never at most anything. */
export function atMost(what: string, value: number, limit: number, unit: string): Figure {
  const digits = limit < 10 ? 2 : 0;
  return judged(what, `${value.toFixed(digits)} ${unit}`, `≤ ${limit} ${unit}`, value <= limit);
}

export function exactly(what: string, value: number | string, wanted: number | string): Figure {
  return judged(what, String(value), String(wanted), value === wanted);
}

/** The first faults are told: they are what somebody has to look at. */
export function none(what: string, faults: readonly string[]): Figure {
  for (const fault of faults.slice(0, 10)) console.error(`  ${fault}`);
  return exactly(what, faults.length, 0);
}

export function skipped(what: string, why: string): Figure {
  return { what, value: why, limit: "", outcome: "skipped" };
}

/** A scenario that did not come to its end. */
export function broken(error: unknown): Figure {
  console.error(error);
  return { what: "came to its end", value: String(error), limit: "", outcome: "FAILED" };
}

function judged(what: string, value: string, limit: string, holds: boolean): Figure {
  return { what, value, limit, outcome: holds ? "ok" : "FAILED" };
}

export const line = (scenario: string, { what, value, limit, outcome }: Figure): string =>
  `${outcome.padEnd(7)} ${scenario}: ${what}: ${value}${limit === "" ? "" : ` (${limit})`}`;

export function table(found: readonly (readonly [scenario: string, Figure])[]): string {
  const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    row("scenario", "figure", "found", "limit", ""),
    row("---", "---", "--:", "--:", "---"),
    ...found.map(([scenario, { what, value, limit, outcome }]) => row(scenario, what, value, limit, outcome)),
  ].join("\n");
}
