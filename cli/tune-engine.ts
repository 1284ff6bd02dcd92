/** Sets V8 up for a process that serves for months: see `docs/decisions/0029-memory-of-a-long-process.md`. */
import { performance } from "node:perf_hooks";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { collectGarbage } from "../server/lib/collect-garbage.ts";

const checkIntervalMs = 2_000;
/** A little traffic makes garbage too, and has to wait for a collection. */
const minPauseMs = 60_000;
/** Share of the interval in which the event loop worked. */
const maxUtilization = 0.02;
/** A collection that gives back less is not worth its time. */
const minGrowthBytes = 16 * 1_048_576;
/** A collection of more would hold the event loop for longer than a tenth of a second. */
const maxUsedBytes = 128 * 1_048_576;

/** Call this before the modules of the gateway are loaded. */
export function tuneEngine(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
  collectWhenIdle();
}

/** V8 collects when something allocates: what a start or a burst has left stays while nothing happens. */
function collectWhenIdle(): void {
  let previous = performance.eventLoopUtilization();
  let bytesAfterCollection = 0;
  let collectedAt = -Infinity;
  const check = (): void => {
    const now = performance.now();
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, previous);
    previous = current;
    const { total_physical_size, external_memory, used_heap_size } = getHeapStatistics();
    const hasGrown = total_physical_size + external_memory > bytesAfterCollection + minGrowthBytes;
    const isIdle = utilization <= maxUtilization && now - collectedAt >= minPauseMs;
    if (!isIdle || !hasGrown || used_heap_size > maxUsedBytes) return;
    collectGarbage();
    collectedAt = now;
    const after = getHeapStatistics();
    bytesAfterCollection = after.total_physical_size + after.external_memory;
  };
  setInterval(check, checkIntervalMs).unref();
}
