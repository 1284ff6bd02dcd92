/** Medians and percentiles. */

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Returns the smallest value that at least this share of the values does not exceed; NaN for no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
