/**
 * Keeps the values of the declared metrics in memory. Recording one is a lookup in a map, or an addition for a caller that
 * keeps the counter; a metric that nothing records costs nothing.
 */
import {
  maxSeriesPerMetric,
  metrics,
  type MetricDeclaration,
  type MetricName,
} from "../../contracts/metrics.ts";
import type { MetricFamily, MetricSeries } from "../lib/metric-family.ts";

type Declarations = typeof metrics;
type NamesOf<Type extends MetricDeclaration["type"]> = {
  [Name in MetricName]: Declarations[Name]["type"] extends Type ? Name : never;
}[MetricName];
/** The values of the labels, in the order of their declaration. */
type LabelValues<Name extends MetricName> = ToTexts<Declarations[Name]["labels"]>;
type ToTexts<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string };

export interface Registry {
  /** Returns what adds to one series. The series exists from the first addition on. */
  createCounter<Name extends NamesOf<"counter">>(name: Name, labels: LabelValues<Name>): Add;
  /** Returns what adds an observation to one series. */
  createHistogram<Name extends NamesOf<"histogram">>(name: Name, labels: LabelValues<Name>): Add;
  increment<Name extends NamesOf<"counter">>(name: Name, labels: LabelValues<Name>, by?: number): void;
  observe<Name extends NamesOf<"histogram">>(name: Name, labels: LabelValues<Name>, value: number): void;
  /** Sets a gauge, or a counter that something else counts. */
  set<Name extends NamesOf<"gauge" | "counter">>(name: Name, labels: LabelValues<Name>, value: number): void;
  /** Removes the series of a gauge. */
  clear(name: NamesOf<"gauge">): void;
  list(): readonly MetricFamily[];
}

export type Add = (value: number) => void;

const separator = "\u0000";

export function createRegistry(): Registry {
  const families = new Map<MetricName, Map<string, MetricSeries>>();

  const find = (name: MetricName, labels: readonly string[]): MetricSeries | undefined => {
    let series = families.get(name);
    if (series === undefined) families.set(name, (series = new Map()));
    const key = labels.length === 1 ? (labels[0] ?? "") : labels.join(separator);
    const known = series.get(key);
    if (known !== undefined) return known;
    if (series.size >= maxSeriesPerMetric) return undefined;
    const { buckets }: MetricDeclaration = metrics[name];
    const created = {
      labels,
      value: 0,
      counts: buckets === undefined ? [] : Array<number>(buckets.length + 1).fill(0),
    };
    series.set(key, created);
    return created;
  };
  const findOrDrop = (name: MetricName, labels: readonly string[]): MetricSeries | undefined => {
    const series = find(name, labels);
    if (series === undefined) {
      const dropped = find("openclaw_prometheus_series_dropped_total", [name]);
      if (dropped !== undefined) dropped.value += 1;
    }
    return series;
  };
  /** A series is never removed from a metric that is added to, so that it can be kept. */
  const keepSeries = (name: MetricName, labels: readonly string[]): (() => MetricSeries | undefined) => {
    let series: MetricSeries | undefined;
    return () => (series ??= findOrDrop(name, labels));
  };
  return {
    createCounter(name, labels) {
      const getSeries = keepSeries(name, labels);
      return (by) => {
        const series = getSeries();
        if (series !== undefined) series.value += by;
      };
    },
    createHistogram(name, labels) {
      const getSeries = keepSeries(name, labels);
      const { buckets } = metrics[name];
      return (value) => {
        const series = getSeries();
        if (series !== undefined) addObservation(series, buckets, value);
      };
    },
    increment(name, labels, by = 1) {
      const series = findOrDrop(name, labels);
      if (series !== undefined) series.value += by;
    },
    observe(name, labels, value) {
      const series = findOrDrop(name, labels);
      if (series !== undefined) addObservation(series, metrics[name].buckets, value);
    },
    set(name, labels, value) {
      const series = findOrDrop(name, labels);
      if (series !== undefined) series.value = value;
    },
    clear: (name) => void families.delete(name),
    list: () =>
      (Object.keys(metrics) as MetricName[]).flatMap((name) => {
        const series = families.get(name);
        return series === undefined ? [] : [{ name, series: [...series.values()] }];
      }),
  };
}

function addObservation(series: MetricSeries, buckets: readonly number[], value: number): void {
  let bucket = 0;
  while (bucket < buckets.length && value > (buckets[bucket] ?? Infinity)) bucket += 1;
  series.value += value;
  series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
}
