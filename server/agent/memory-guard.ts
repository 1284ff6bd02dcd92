/** Keeps memory in use below a bound: rejects new runs when it is nearly full, and ends the largest run before it is. */
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { sumThreadBytes } from "../documents/run-in-thread.ts";
import { collectGarbage } from "../lib/collect-garbage.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Live } from "../lib/live.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { RunningRuns } from "./running-runs.ts";

export interface MemoryGuard {
  /** Throws `server_overloaded` while memory is nearly full and other runs are at work. */
  requireRoom(): void;
  /** Whether memory has been over the bound for so long that the gateway should get no traffic. */
  isExhausted(): boolean;
  close(): void;
}

interface MemoryGuardDeps {
  /** Without `maxMemoryMb` the bound is derived from the machine. */
  readonly limits: Live<{ readonly maxMemoryMb?: number | undefined }>;
  /** The processes that share the limit, the container and the machine. */
  readonly workers: { readonly count: number };
  readonly running: Pick<RunningRuns, "count" | "abortLargest">;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes in use; measured by default. */
  readonly readUsedBytes?: () => number;
  readonly collect?: () => void;
}

const checkIntervalMs = 250;
/** Shares of the bound. */
const nearlyFull = 0.8;
const full = 0.9;
/** A full collection may take a tenth of a second. */
const minCollectionIntervalMs = 5_000;
const exhaustedAfterMs = 5_000;
const bytesPerMb = 1_048_576;

export function createMemoryGuard(deps: MemoryGuardDeps): MemoryGuard {
  const { limits, workers, running, clock, log } = deps;
  const { readUsedBytes = measureUsedBytes, collect = collectGarbage } = deps;
  const defaultMaxBytes = deriveMaxBytes(workers.count);
  const getMaxBytes = (): number => {
    const { maxMemoryMb } = limits.current;
    return maxMemoryMb === undefined ? defaultMaxBytes : (maxMemoryMb * bytesPerMb) / workers.count;
  };
  let lastCollectionAt = -Infinity;
  let fullSince: number | undefined;
  let usedShare = 0;

  /** Garbage is not memory in use, so that a measurement near the limit is repeated after a collection. */
  const measure = (): void => {
    usedShare = readUsedBytes() / getMaxBytes();
    if (usedShare < nearlyFull || clock() - lastCollectionAt < minCollectionIntervalMs) return;
    lastCollectionAt = clock();
    collect();
    usedShare = readUsedBytes() / getMaxBytes();
  };
  const check = (): void => {
    const wasNearlyFull = usedShare >= nearlyFull;
    measure();
    if (usedShare >= nearlyFull !== wasNearlyFull) {
      const fields = {
        usedPercent: Math.round(usedShare * 100),
        maxMb: Math.round(getMaxBytes() / bytesPerMb),
      };
      if (wasNearlyFull) log.info("memory is available again", fields);
      else log.warn("memory is nearly full", fields);
    }
    fullSince = usedShare >= full ? (fullSince ?? clock()) : undefined;
    if (usedShare < full) return;
    const runId = running.abortLargest(
      new GatewayError("server_overloaded", "The gateway's memory is full, and this run held most of it.", {
        retryAfterSeconds: 30,
      }),
    );
    if (runId !== undefined) log.warn("the largest run was ended, because memory is full", { runId });
  };
  const timer = setInterval(check, checkIntervalMs).unref();

  return {
    requireRoom() {
      // The run that asks is one of them.
      if (usedShare < nearlyFull || running.count() <= 1) return;
      throw new GatewayError(
        "server_overloaded",
        "The gateway's memory is nearly full; try again in a moment.",
        {
          retryAfterSeconds: 5,
        },
      );
    },
    isExhausted: () => fullSince !== undefined && clock() - fullSince >= exhaustedAfterMs,
    close: () => clearInterval(timer),
  };
}

/** JavaScript objects and the buffers that they hold, of all threads. Not RSS, which V8 keeps after a peak. */
function measureUsedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory + sumThreadBytes();
}

/** The smallest of 75 % of the container's limit, 50 % of the machine, both divided, and 85 % of V8's heap limit. */
function deriveMaxBytes(processes: number): number {
  const containerBytes = process.constrainedMemory();
  return Math.min(
    containerBytes > 0 ? (containerBytes * 0.75) / processes : Infinity,
    (totalmem() * 0.5) / processes,
    getHeapStatistics().heap_size_limit * 0.85,
  );
}
