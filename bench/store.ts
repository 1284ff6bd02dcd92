/**
 * Measures the store alone: turns per second of callers that store two commits of 700 bytes a turn, and how long the event
 * loop is held meanwhile. `node bench/store.ts [seconds] [callers]`, in a folder of the disk to measure.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodeSqlite } from "../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../server/agent/sessions/sql-store.ts";
import type { Entry } from "../server/agent/sessions/store.ts";
import { randomId } from "../server/lib/ids.ts";

const [seconds = 6, callers = 32] = process.argv.slice(2).map(Number);
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
const endsAt = performance.now() + seconds * 1_000;

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

delays.enable();
const cpu = process.cpuUsage();
await Promise.all(Array.from({ length: callers }, (_, caller) => storeTurns(caller)));
const { user, system } = process.cpuUsage(cpu);
delays.disable();
await store.close();
rmSync(folder, { recursive: true, force: true });

turnMs.sort((a, b) => a - b);
const percentile = (share: number): string =>
  (turnMs[Math.floor(turnMs.length * share)] ?? Number.NaN).toFixed(1);
const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1);
console.log(
  [
    `${(turnMs.length / seconds).toFixed(0)} turns/s`,
    `turn p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
    `event loop p50 ${milliseconds(delays.percentile(50))} ms, p99 ${milliseconds(delays.percentile(99))} ms, max ${milliseconds(delays.max)} ms`,
    `CPU ${((user + system) / turnMs.length).toFixed(0)} µs a turn`,
  ].join("; "),
);
