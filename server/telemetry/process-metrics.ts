/** Measures the process: its event loop, garbage collector, memory and CPU. */
import {
  constants,
  monitorEventLoopDelay,
  PerformanceObserver,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
} from "node:perf_hooks";
import type { Registry } from "./registry.ts";

export interface ProcessMetrics {
  collect(): void;
  close(): void;
}

interface GcDetail {
  readonly detail?: NodeGCPerformanceDetail;
}

const nanoseconds = 1e-9;
const resolutionMs = 20;
const gcKinds = new Map<number | undefined, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weak_callbacks"],
]);

export function measureProcess(registry: Registry): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const gc = new PerformanceObserver((list) => {
    // The type of an entry does not have the detail of its kind.
    for (const { duration, detail } of list.getEntries() as (PerformanceEntry & GcDetail)[]) {
      const kind = gcKinds.get(detail?.kind) ?? "other";
      registry.observe("openclaw_gc_duration_seconds", [kind], duration / 1_000);
    }
  });
  gc.observe({ entryTypes: ["gc"] });

  return {
    collect() {
      // The histogram measures the time between two ticks of a timer, which is the resolution when nothing is late.
      const toDelay = (value: number): number => Math.max(0, value * nanoseconds - resolutionMs / 1_000);
      const hasSamples = delay.count > 0;
      for (const percentile of [50, 99]) {
        const value = hasSamples ? toDelay(delay.percentile(percentile)) : 0;
        registry.set("openclaw_gateway_event_loop_delay_seconds", [String(percentile)], value);
      }
      registry.set("openclaw_gateway_event_loop_delay_max_seconds", [], hasSamples ? toDelay(delay.max) : 0);
      delay.reset();
      const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
      const memory = {
        rss,
        heap_total: heapTotal,
        heap_used: heapUsed,
        external,
        array_buffers: arrayBuffers,
      };
      for (const [kind, bytes] of Object.entries(memory))
        registry.set("openclaw_memory_bytes", [kind], bytes);
      const { user, system } = process.cpuUsage();
      registry.set("openclaw_process_cpu_seconds_total", [], (user + system) / 1e6);
    },
    close() {
      delay.disable();
      gc.disconnect();
    },
  };
}
