/** One gateway reports the metrics of all its workers. */
import { expect, test } from "vitest";
import { formatMetrics } from "../../server/telemetry/exposition.ts";
import { mergeFamilies } from "../../server/telemetry/merge-families.ts";
import { createRegistry, type Registry } from "../../server/telemetry/registry.ts";
import { createWorkerTotals } from "../../server/telemetry/worker-totals.ts";
import { parseOpenMetrics, sumSamples, type ParsedFamily } from "../support/telemetry/parse-metrics.ts";

type Families = ReturnType<Registry["list"]>;

const parse = (families: Families): ReadonlyMap<string, ParsedFamily> =>
  parseOpenMetrics(formatMetrics(families, "openmetrics"));

function createWorker(number: number, record: (registry: Registry) => void): Families {
  const registry = createRegistry();
  registry.set("openclaw_gateway_node_info", [`node-${number}`, `id-${number}`], 1);
  registry.set("openclaw_gateway_workers", [], 1);
  record(registry);
  return registry.list();
}

test("counters and histograms are summed, and a gauge is merged as its declaration says", () => {
  const merged = parse(
    mergeFamilies([
      createWorker(1, (registry) => {
        registry.increment("openclaw_tool_execution_total", ["exec", "ok"], 2);
        registry.increment("openclaw_tool_execution_total", ["exec", "error"]);
        registry.observe("openclaw_run_steps", ["main"], 1);
        registry.set("openclaw_runs_active", [], 3);
        registry.set("openclaw_sessions", [], 7);
        registry.set("openclaw_gateway_start_time_seconds", [], 100);
      }),
      createWorker(2, (registry) => {
        registry.increment("openclaw_tool_execution_total", ["exec", "ok"], 5);
        registry.observe("openclaw_run_steps", ["main"], 1);
        registry.observe("openclaw_run_steps", ["main"], 1_000);
        registry.set("openclaw_runs_active", [], 4);
        registry.set("openclaw_sessions", [], 6);
        registry.set("openclaw_gateway_start_time_seconds", [], 200);
      }),
    ]),
  );
  const sum = (name: string, labels?: Readonly<Record<string, string>>): number =>
    sumSamples(merged, name, labels);
  expect(sum("openclaw_tool_execution_total", { outcome: "ok" })).toBe(7);
  expect(sum("openclaw_tool_execution_total", { outcome: "error" })).toBe(1);
  expect(sum("openclaw_run_steps_bucket", { le: "1.0" })).toBe(2);
  expect(sum("openclaw_run_steps_count")).toBe(3);
  expect(sum("openclaw_run_steps_sum")).toBe(1_002);
  expect(sum("openclaw_runs_active")).toBe(7);
  expect(sum("openclaw_sessions")).toBe(7);
  expect(sum("openclaw_gateway_start_time_seconds")).toBe(100);
  expect(sum("openclaw_gateway_workers")).toBe(2);
  expect(merged.get("openclaw_gateway_node_info")?.samples).toHaveLength(2);
});

test("the counts of a worker stay after its end, and its gauges do not", () => {
  const totals = createWorkerTotals();
  const record = (registry: Registry): void => {
    registry.increment("openclaw_tool_execution_total", ["exec", "ok"], 2);
    registry.observe("openclaw_run_steps", ["main"], 1);
  };
  const read = (): readonly number[] => {
    const families = parse(totals.sum());
    return ["openclaw_tool_execution_total", "openclaw_run_steps_count", "openclaw_gateway_workers"].map(
      (name) => sumSamples(families, name),
    );
  };
  totals.update("a", createWorker(1, record));
  totals.update("b", createWorker(2, record));
  totals.update("b", createWorker(2, record));
  expect(read()).toEqual([4, 2, 2]);
  totals.retire("a");
  expect(read()).toEqual([4, 2, 1]);
  totals.update("c", createWorker(1, record));
  expect(read()).toEqual([6, 3, 2]);
  totals.retire("b");
  totals.retire("c");
  expect(read()).toEqual([6, 3, 0]);
});
