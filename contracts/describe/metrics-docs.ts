/** Renders the tables of docs/metrics.md from the declarations of the metrics. */
import { metrics, type MetricDeclaration } from "../metrics.ts";

/** Returns a Markdown table of all metrics, and one of the buckets of the histograms. */
export function renderMetricsTable(): string {
  const rows = Object.entries<MetricDeclaration>(metrics);
  const histograms = rows.filter(([, { buckets }]) => buckets !== undefined);
  return [
    "| metric | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...rows.map(([name, { type, labels, help }]) =>
      formatRow([`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", "), help]),
    ),
    "",
    "| histogram | buckets |",
    "| --- | --- |",
    ...histograms.map(([name, { buckets = [] }]) => formatRow([`\`${name}\``, buckets.join(", ")])),
  ].join("\n");
}

const formatRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
