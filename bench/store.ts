/**
 * Measures the store alone: turns per second of callers that store two commits of 700 bytes a turn, and how long the event
 * loop is held meanwhile. `node bench/store.ts [--sync-ms 8] [seconds] [callers]`, in a folder of the disk to measure. With
 * `--sync-ms` each sync takes so much longer.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createNodeSqlite } from "../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../server/agent/sessions/sql-store.ts";
import type { Entry } from "../server/agent/sessions/store.ts";
import { randomId } from "../server/lib/ids.ts";
import { compileDiskLibrary } from "../soak/preload.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { "sync-ms": { type: "string" } },
});
if (flags["sync-ms"] !== undefined) process.exit(runOnSlowDisk(Number(flags["sync-ms"])));
const [seconds = 6, callers = 32] = positionals.map(Number);
/** Time that the model takes. */
const modelMs = 2;
const owner = { agentId: "main", credential: "operator" };
const text = "x".repeat(600);
const question: Entry = {
  kind: "turn",
  runId: "run_1",
  turn: { role: "user", content: [{ type: "text", text }] },
};
const answer: Entry = {
  kind: "turn",
  runId: "run_1",
  turn: { role: "assistant", content: [{ type: "text", text }] },
};

const folder = mkdtempSync(join(process.cwd(), "store-bench-"));
const store = await openSqlStore({
  database: createNodeSqlite(join(folder, "sessions.sqlite")),
  clock: Date.now,
  newId: randomId,
  isExclusive: true,
});
const delays = monitorEventLoopDelay({ resolution: 1 });
const turnMs: number[] = [];

/** Stores turns in sessions of 50 turns. */
async function storeTurns(caller: number): Promise<void> {
  for (let turn = 0; performance.now() < endsAt; turn += 1) {
    const startedAt = performance.now();
    const key = `agent:main:${caller}-${Math.floor(turn / 50)}`;
    const lease = await store.acquire(key, owner, () => [question]);
    await sleep(modelMs);
    await lease.release([answer]);
    turnMs.push(performance.now() - startedAt);
  }
}

function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(1);
}

/** How long the machine holds a loop that works for 1 ms, sleeps for 1 ms, and stores nothing. */
async function measureIdleLoop(): Promise<string> {
  const idle = monitorEventLoopDelay({ resolution: 1 });
  const end = performance.now() + 2_000;
  idle.enable();
  while (performance.now() < end) {
    const busyUntil = performance.now() + 1;
    while (performance.now() < busyUntil);
    await sleep(1);
  }
  idle.disable();
  return milliseconds(idle.percentile(99));
}

const idleP99 = await measureIdleLoop();
const endsAt = performance.now() + seconds * 1_000;
delays.enable();
const cpu = process.cpuUsage();
await Promise.all(Array.from({ length: callers }, (_, caller) => storeTurns(caller)));
const { user, system } = process.cpuUsage(cpu);
delays.disable();
await store.close();
rmSync(folder, { recursive: true, force: true });

const percentile = (values: readonly number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN).toFixed(1);
console.log(
  [
    `${(turnMs.length / seconds).toFixed(0)} turns/s`,
    `turn p50 ${percentile(turnMs, 0.5)} ms, p99 ${percentile(turnMs, 0.99)} ms`,
    `event loop p50 ${milliseconds(delays.percentile(50))} ms, p99 ${milliseconds(delays.percentile(99))} ms, max ${milliseconds(delays.max)} ms`,
    `event loop p99 of a process without a store, before: ${idleP99} ms`,
    `CPU ${((user + system) / turnMs.length).toFixed(0)} µs a turn`,
  ].join("; "),
);

/** Runs this file once more, with a library that delays each sync. Returns its exit code. */
function runOnSlowDisk(syncMs: number): number {
  const library = compileDiskLibrary();
  if (typeof library === "string") throw new Error(`--sync-ms: ${library}`);
  const env = { ...process.env, ...library.env, DISK_SYNC_DELAY_US: String(syncMs * 1_000) };
  const { status } = spawnSync(process.execPath, [import.meta.filename, ...positionals], {
    env,
    stdio: "inherit",
  });
  library.remove();
  return status ?? 1;
}
