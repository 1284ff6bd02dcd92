/**
 * Writes metrics as text: Prometheus 0.0.4 or OpenMetrics 1.0.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
import { metrics, type MetricDeclaration } from "../../contracts/metrics.ts";
import type { MetricFamily, MetricSeries } from "../lib/metric-family.ts";

export type ExpositionFormat = "prometheus" | "openmetrics";

export function formatMetrics(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const lines = families.flatMap((family) => formatFamily(family, format));
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function formatFamily({ name, series }: MetricFamily, format: ExpositionFormat): readonly string[] {
  const declaration: MetricDeclaration = metrics[name];
  // A counter of OpenMetrics is named without the suffix of its sample.
  const familyName = format === "openmetrics" ? name.replace(/_total$/, "") : name;
  return [
    `# HELP ${familyName} ${escapeHelp(declaration.help, format)}`,
    `# TYPE ${familyName} ${declaration.type}`,
    ...series.flatMap((each) => {
      const labels = declaration.labels.map((label, index) => formatLabel(label, each.labels[index] ?? ""));
      const { buckets } = declaration;
      if (buckets === undefined) return `${name}${joinLabels(labels)} ${formatNumber(each.value)}`;
      return formatHistogram(name, labels, buckets, each, format);
    }),
  ];
}

function formatHistogram(
  name: string,
  labels: readonly string[],
  buckets: readonly number[],
  { value, counts }: MetricSeries,
  format: ExpositionFormat,
): readonly string[] {
  let total = 0;
  const bounds = [...buckets.map((bound) => formatBound(bound, format)), "+Inf"];
  const lines = bounds.map((bound, index) => {
    total += counts[index] ?? 0;
    return `${name}_bucket${joinLabels([...labels, formatLabel("le", bound)])} ${total}`;
  });
  return [
    ...lines,
    `${name}_sum${joinLabels(labels)} ${formatNumber(value)}`,
    `${name}_count${joinLabels(labels)} ${total}`,
  ];
}

const joinLabels = (labels: readonly string[]): string =>
  labels.length === 0 ? "" : `{${labels.join(",")}}`;

const formatLabel = (name: string, value: string): string => `${name}="${escapeQuoted(value)}"`;

/** OpenMetrics writes the bounds of buckets as floating-point numbers. */
const formatBound = (bound: number, format: ExpositionFormat): string =>
  format === "openmetrics" && Number.isInteger(bound) ? bound.toFixed(1) : String(bound);

const formatNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";

const escapeQuoted = (text: string): string =>
  text
    .replaceAll("\\", String.raw`\\`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll('"', String.raw`\"`);

const escapeHelp = (text: string, format: ExpositionFormat): string =>
  format === "openmetrics"
    ? escapeQuoted(text)
    : text.replaceAll("\\", String.raw`\\`).replaceAll("\n", String.raw`\n`);
