/** Measures how late the event loop is, and how busy. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface EventLoopState {
  /** Share of the time that it was at work, 0 to 1. */
  readonly utilization: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

export interface EventLoopMeter {
  /** Returns what was since the last call. */
  read(): EventLoopState;
  close(): void;
}

const resolutionMs = 100;

export function createEventLoopMeter(): EventLoopMeter {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let last = performance.eventLoopUtilization();
  // The histogram has the time between two ticks of a timer, which is the resolution when nothing is late.
  const toDelayMs = (nanoseconds: number): number =>
    delay.count === 0 ? 0 : Math.max(0, Math.round(nanoseconds / 1e6 - resolutionMs));
  return {
    read() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      const state = {
        utilization: Math.min(1, Math.max(0, Number(utilization.toFixed(3)))),
        delayP99Ms: toDelayMs(delay.percentile(99)),
        delayMaxMs: toDelayMs(delay.max),
      };
      delay.reset();
      return state;
    },
    close: () => void delay.disable(),
  };
}
