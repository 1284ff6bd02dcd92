/** Formats the metrics of all rounds as a Markdown table: medians, and the gateway's ratio to the pass-through. */
import { metrics, type MetricValues, type Metric, type MetricId } from "./metrics.ts";
import { serverNames, type ServerName } from "./servers.ts";
import { median } from "./statistics.ts";

/** One entry per round. A ratio is computed within a round, where both servers ran under the same conditions. */
export type Rounds = readonly Partial<Readonly<Record<ServerName, MetricValues>>>[];

export function formatTable(rounds: Rounds): string {
  const lines = (Object.entries(metrics) as [MetricId, Metric][])
    .filter(([id]) => findValues(rounds, id, "gateway").length > 0)
    .map(([id, metric]) => formatMetric(metric, id, rounds));
  return [
    formatRow("", ...serverNames, "gateway / pass-through", "to reach"),
    formatRow("---", "--:", "--:", "--:", "--:", "---"),
    ...lines,
  ].join("\n");
}

function formatMetric(metric: Metric, id: MetricId, rounds: Rounds): string {
  const ratio = median(findRatios(rounds, id));
  const value = median(findValues(rounds, id, "gateway"));
  const cells = serverNames.map((name) => formatValue(median(findValues(rounds, id, name)), metric.digits));
  const target =
    metric.target && `${metric.target.text}: ${metric.target.isMet(value, ratio) ? "yes" : "NO"}`;
  return formatRow(metric.title, ...cells, metric.hasRatio ? formatValue(ratio, 2) : "", target ?? "");
}

function findValues(rounds: Rounds, id: MetricId, name: ServerName): readonly number[] {
  return rounds.map((round) => round[name]?.[id]).filter((value) => value !== undefined);
}

function findRatios(rounds: Rounds, id: MetricId): readonly number[] {
  return rounds
    .map((round) => (round.gateway?.[id] ?? Number.NaN) / (round["pass-through"]?.[id] ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio));
}

const formatRow = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const formatValue = (value: number, digits: number): string =>
  Number.isNaN(value) ? "–" : value.toFixed(digits);
