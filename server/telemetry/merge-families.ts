/** Makes the metrics of one gateway from those of its workers. */
import {
  maxSeriesPerMetric,
  metrics,
  type MetricDeclaration,
  type MetricName,
} from "../../contracts/metrics.ts";
import type { MetricFamily, MetricSeries } from "../lib/metric-family.ts";

type Combine = (a: number, b: number) => number;
const combine: Readonly<Record<NonNullable<MetricDeclaration["ofWorkers"]>, Combine>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** The result is in the order of the declarations, and shares nothing with the arguments. */
export function mergeFamilies(sources: readonly (readonly MetricFamily[])[]): readonly MetricFamily[] {
  const merged = new Map<MetricName, Map<string, MetricSeries>>();
  for (const { name, series } of sources.flat()) {
    const family = merged.get(name) ?? new Map<string, MetricSeries>();
    merged.set(name, family);
    for (const each of series) addSeries(family, each, getRule(name));
  }
  return (Object.keys(metrics) as MetricName[]).flatMap((name) => {
    const family = merged.get(name);
    return family === undefined ? [] : [{ name, series: [...family.values()] }];
  });
}

function addSeries(family: Map<string, MetricSeries>, series: MetricSeries, rule: Combine): void {
  const key = series.labels.join("\u0000");
  const total = family.get(key);
  if (total !== undefined) {
    total.value = rule(total.value, series.value);
    series.counts.forEach((count, bucket) => (total.counts[bucket] = (total.counts[bucket] ?? 0) + count));
  } else if (family.size < maxSeriesPerMetric) {
    family.set(key, { labels: series.labels, value: series.value, counts: [...series.counts] });
  }
}

function getRule(name: MetricName): Combine {
  const { ofWorkers = "sum" }: MetricDeclaration = metrics[name];
  return combine[ofWorkers];
}
