/** The figures of all rounds as one Markdown table: medians, and the gateway's share of the pass-through. */
import { metrics, type Figures, type Metric, type MetricId } from "./metrics.ts";
import { serverNames, type ServerName } from "./servers.ts";
import { median } from "./statistics.ts";

/** One entry a round. A ratio is taken within a round, where both met the same machine. */
export type Rounds = readonly Partial<Readonly<Record<ServerName, Figures>>>[];

export function table(rounds: Rounds): string {
  const lines = (Object.entries(metrics) as [MetricId, Metric][])
    .filter(([id]) => valuesOf(rounds, id, "gateway").length > 0)
    .map(([id, metric]) => line(metric, id, rounds));
  return [
    row("", ...serverNames, "gateway / pass-through", "to reach"),
    row("---", "--:", "--:", "--:", "--:", "---"),
    ...lines,
  ].join("\n");
}

function line(metric: Metric, id: MetricId, rounds: Rounds): string {
  const ratio = median(ratios(rounds, id));
  const value = median(valuesOf(rounds, id, "gateway"));
  const cells = serverNames.map((name) => shown(median(valuesOf(rounds, id, name)), metric.digits));
  const reach = metric.reach && `${metric.reach.text}: ${metric.reach.holds(value, ratio) ? "yes" : "NO"}`;
  return row(metric.title, ...cells, metric.ratio ? shown(ratio, 2) : "", reach ?? "");
}

function valuesOf(rounds: Rounds, id: MetricId, name: ServerName): readonly number[] {
  return rounds.map((round) => round[name]?.[id]).filter((value) => value !== undefined);
}

function ratios(rounds: Rounds, id: MetricId): readonly number[] {
  return rounds
    .map((round) => (round.gateway?.[id] ?? Number.NaN) / (round["pass-through"]?.[id] ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio));
}

const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const shown = (value: number, digits: number): string => (Number.isNaN(value) ? "–" : value.toFixed(digits));
