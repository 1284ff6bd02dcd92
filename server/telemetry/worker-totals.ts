/** Adds up the metrics of the workers of a gateway, including workers that have ended. */
import { metrics } from "../../contracts/metrics.ts";
import type { MetricFamily } from "../lib/metric-family.ts";
import { mergeFamilies } from "./merge-families.ts";

export interface WorkerTotals {
  /** Takes the metrics of a worker. `key` is the same for the same process. */
  update(key: unknown, families: readonly MetricFamily[]): void;
  /** Call it when a worker has ended. Its counters stay in the sums, so that no counter decreases. */
  retire(key: unknown): void;
  /** Returns the sums over all workers, including those that have ended. */
  sum(): readonly MetricFamily[];
}

export function createWorkerTotals(): WorkerTotals {
  const latest = new Map<unknown, readonly MetricFamily[]>();
  let retired: readonly MetricFamily[] = [];
  return {
    update: (key, families) => void latest.set(key, families),
    retire(key) {
      const counters = latest.get(key)?.filter(({ name }) => metrics[name].type !== "gauge") ?? [];
      latest.delete(key);
      retired = mergeFamilies([retired, counters]);
    },
    sum: () => mergeFamilies([retired, ...latest.values()]),
  };
}
