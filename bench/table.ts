/** Formats the metrics of all rounds as Markdown: the values of each server, and what the gateway reaches. */
import { metrics, type Metric, type MetricId } from "./metrics.ts";
import type { Round } from "./scenario.ts";
import type { ServerName } from "./servers.ts";
import { median, percentile } from "./statistics.ts";
import { targets, type PerformanceTarget } from "./targets.ts";

/** Medians; of CPU times also the tenth percentile, in brackets. */
export function formatValues(rounds: readonly Round[], servers: readonly ServerName[]): string {
  const rows = (Object.entries(metrics) as [MetricId, Metric][])
    .filter(([id]) => findValues(rounds, id, "gateway").length > 0)
    .map(([id, metric]) =>
      formatRow(
        metric.title,
        ...servers.map((name) => formatMetric(metric, findValues(rounds, id, name))),
        formatValue(median(findRatios(rounds, id, "pass-through")), 2),
      ),
    );
  const columns = [...servers, "gateway ÷ pass-through"];
  return [formatRow("", ...columns), formatRow("---", ...columns.map(() => "--:")), ...rows].join("\n");
}

/** A ratio is computed within a round, where both servers ran under the same conditions. */
export function formatTargets(rounds: readonly Round[]): string {
  const rows = targets.flatMap((target) => {
    const value = median(findTargetValues(rounds, target));
    return Number.isNaN(value) ? [] : [formatTarget(target, value)];
  });
  return [
    formatRow("target", "reached", "to reach", ""),
    formatRow("---", "--:", "--:", "---"),
    ...rows,
  ].join("\n");
}

function formatTarget(target: PerformanceTarget, value: number): string {
  const { title, metric, relativeTo, atLeast = -Infinity, atMost = Infinity } = target;
  const digits = relativeTo === undefined ? metrics[metric].digits : 2;
  const bound = atMost === Infinity ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return formatRow(
    relativeTo === undefined ? title : `${title} ÷ ${relativeTo}`,
    value.toFixed(digits),
    bound,
    value >= atLeast && value <= atMost ? "met" : "**missed**",
  );
}

function findTargetValues(rounds: readonly Round[], target: PerformanceTarget): readonly number[] {
  const { metric, relativeTo } = target;
  return relativeTo === undefined
    ? findValues(rounds, metric, "gateway")
    : findRatios(rounds, metric, relativeTo);
}

function findRatios(rounds: readonly Round[], id: MetricId, relativeTo: ServerName): readonly number[] {
  return rounds
    .map((round) => (round.gateway?.[id] ?? Number.NaN) / (round[relativeTo]?.[id] ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio));
}

function findValues(rounds: readonly Round[], id: MetricId, name: ServerName): readonly number[] {
  return rounds.map((round) => round[name]?.[id]).filter((value) => value !== undefined);
}

function formatMetric({ digits, hasP10 }: Metric, values: readonly number[]): string {
  const middle = formatValue(median(values), digits);
  return hasP10 === true && values.length > 1
    ? `${middle} (${formatValue(percentile(values, 0.1), digits)})`
    : middle;
}

const formatRow = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const formatValue = (value: number, digits: number): string =>
  Number.isNaN(value) ? "–" : value.toFixed(digits);
