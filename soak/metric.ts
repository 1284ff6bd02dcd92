/** A metric of a scenario: its value, its limit, and whether it is met. */

export interface Metric {
  readonly name: string;
  readonly value: string;
  readonly limit: string;
  readonly outcome: "ok" | "FAILED" | "skipped";
}

/** NaN fails. */
export function expectAtMost(name: string, value: number, limit: number, unit: string): Metric {
  const digits = limit < 10 ? 2 : 0;
  return createMetric(name, `${value.toFixed(digits)} ${unit}`, `≤ ${limit} ${unit}`, value <= limit);
}

export function expectBetween(
  name: string,
  values: readonly number[],
  least: number,
  most: number,
  unit: string,
): Metric {
  const [first, last] = [Math.min(...values), Math.max(...values)];
  const isMet = first >= least && last <= most;
  return createMetric(
    name,
    `${first.toFixed(1)} to ${last.toFixed(1)} ${unit}`,
    `${least} to ${most} ${unit}`,
    isMet,
  );
}

export function expectExactly(name: string, value: number | string, expected: number | string): Metric {
  return createMetric(name, String(value), String(expected), value === expected);
}

/** Prints the first faults. */
export function expectNoFaults(name: string, faults: readonly string[]): Metric {
  for (const fault of faults.slice(0, 10)) console.error(`  ${fault}`);
  return expectExactly(name, faults.length, 0);
}

export function createSkippedMetric(name: string, reason: string): Metric {
  return { name, value: reason, limit: "", outcome: "skipped" };
}

/** The metric of a scenario that threw. */
export function createFailedMetric(error: unknown): Metric {
  console.error(error);
  return { name: "came to its end", value: String(error), limit: "", outcome: "FAILED" };
}

function createMetric(name: string, value: string, limit: string, isMet: boolean): Metric {
  return { name, value, limit, outcome: isMet ? "ok" : "FAILED" };
}

export const formatMetric = (scenario: string, { name, value, limit, outcome }: Metric): string =>
  `${outcome.padEnd(7)} ${scenario}: ${name}: ${value}${limit === "" ? "" : ` (${limit})`}`;

export function formatTable(metrics: readonly (readonly [scenario: string, Metric])[]): string {
  const formatRow = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    formatRow("scenario", "figure", "found", "limit", ""),
    formatRow("---", "---", "--:", "--:", "---"),
    ...metrics.map(([scenario, { name, value, limit, outcome }]) =>
      formatRow(scenario, name, value, limit, outcome),
    ),
  ].join("\n");
}
