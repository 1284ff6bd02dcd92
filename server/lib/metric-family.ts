/** The values of one metric. */
import type { MetricName } from "../../contracts/metrics.ts";

export interface MetricFamily {
  readonly name: MetricName;
  readonly series: readonly MetricSeries[];
}

export interface MetricSeries {
  /** The values of the labels, in the order of their declaration. */
  readonly labels: readonly string[];
  /** The value of a counter or gauge, or the sum of a histogram. */
  value: number;
  /** Observations by bucket, not cumulative. The last one has those above all bounds. Empty without buckets. */
  readonly counts: number[];
}
