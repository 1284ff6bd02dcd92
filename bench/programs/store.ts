/**
 * Measures the store alone: turns per second of callers that store two commits of 700 bytes a turn, and how long the event
 * loop is held meanwhile. `node bench/programs/store.ts [--sync-ms 8 | --url postgres://…] [seconds] [callers]`, in a
 * folder of the disk to measure. With `--sync-ms` each sync takes so much longer. With `--url` the store is in the schema
 * `bench` of that server, which is dropped first. Prints JSON.
 */
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { compileDiskLibrary } from "../../soak/preload.ts";
import { percentile } from "../statistics.ts";
import { measureIdleLoop, measureLoopDelay, openTemporaryStore } from "./open-store.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { "sync-ms": { type: "string" }, url: { type: "string" } },
});
if (flags["sync-ms"] !== undefined) process.exit(runOnSlowDisk(Number(flags["sync-ms"])));
const [seconds = 6, callers = 32] = positionals.map(Number);
/** Time that the model takes. */
const modelMs = 2;
const owner = { agentId: "main", credential: "operator" };
const content = [{ type: "text", text: "x".repeat(600) }] as const;
const question: Entry = { kind: "turn", runId: "run_1", turn: { role: "user", content } };
const answer: Entry = { kind: "turn", runId: "run_1", turn: { role: "assistant", content } };

const { store, close } = await openTemporaryStore({ url: flags.url });
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

const idle = await measureIdleLoop();
const endsAt = performance.now() + seconds * 1_000;
const cpu = process.cpuUsage();
const delay = await measureLoopDelay(() =>
  Promise.all(Array.from({ length: callers }, (_, caller) => storeTurns(caller))),
);
const { user, system } = process.cpuUsage(cpu);
await close();
const report = {
  turnsPerSecond: turnMs.length / seconds,
  turnP50: percentile(turnMs, 0.5),
  turnP99: percentile(turnMs, 0.99),
  cpuMicroseconds: (user + system) / turnMs.length,
  ...delay,
  idleLoopP99: idle.loopP99,
};
console.log(JSON.stringify(report));

/** Runs this file once more, with a library that delays each sync. Returns its exit code. */
function runOnSlowDisk(syncMs: number): number {
  const library = compileDiskLibrary();
  if (typeof library === "string") {
    console.error(`--sync-ms: ${library}`);
    return 1;
  }
  const env = { ...process.env, ...library.env, DISK_SYNC_DELAY_US: String(syncMs * 1_000) };
  const { status } = spawnSync(process.execPath, [import.meta.filename, ...positionals], {
    env,
    stdio: "inherit",
  });
  library.remove();
  return status ?? 1;
}
