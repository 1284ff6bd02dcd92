/**
 * Measures how storing turns delays streams: p99 from the upstream to the client of 100 paced streams, alone, beside 32
 * callers whose turns are not stored, and beside 32 whose turns are. `node bench/store-lag.ts [--dist] [rounds]`
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { loadPacedStreams } from "./load-stream.ts";
import { createUserRequest, unstreamedRequest } from "./script.ts";
import { startServer, startUpstream, type Server } from "./servers.ts";
import { median, percentile } from "./statistics.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { dist: { type: "boolean", default: false } },
});
const [rounds = 5] = positionals.map(Number);
const streams = 100;
const script = { chunks: 100, everyMs: 50 };
const callers = 32;
/** Each caller begins a request this often. */
const requestEveryMs = 100;

type CreateBody = (caller: number, count: number) => string;

interface Result {
  readonly lagMs: number;
  readonly requestsPerSecond: number;
}

/** Measures the streams while callers send these requests; without requests when there are none. */
async function measure(server: Server, createBody: CreateBody | undefined): Promise<Result> {
  const done = new AbortController();
  let replies = 0;
  const call = async (caller: number): Promise<void> => {
    if (createBody === undefined) return;
    for (let count = 0; !done.signal.aborted; count += 1) {
      const next = sleep(requestEveryMs);
      const { url, headers } = server;
      const response = await fetch(url, { method: "POST", headers, body: createBody(caller, count) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      replies += 1;
      await next;
    }
  };
  const calls = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const { lags, deliveredCount, seconds } = await loadPacedStreams(server, streams, script);
  done.abort();
  await calls;
  if (deliveredCount < streams) throw new Error(`${streams - deliveredCount} streams were cut`);
  return { lagMs: percentile(lags, 0.99), requestsPerSecond: replies / seconds };
}

const cases: Readonly<Record<string, CreateBody | undefined>> = {
  "without them": undefined,
  "beside 32 callers, turns not stored": () => unstreamedRequest,
  "beside 32 callers, turns stored": (caller, count) =>
    createUserRequest(`${round} ${caller} ${Math.floor(count / 20)}`),
};

const round = randomUUID();
const folder = mkdtempSync(join(process.cwd(), "store-lag-"));
const environment = { folder, dist: flags.dist, profileFolder: undefined };
const upstream = await startUpstream(environment);
const server = await startServer("gateway", new URL(upstream.url).origin, environment);
const results = new Map<string, Result[]>();
const load = loadavg()[0] ?? 0;
try {
  for (const createBody of Object.values(cases)) await measure(server, createBody);
  for (let count = 0; count < rounds; count += 1)
    for (const [name, createBody] of Object.entries(cases))
      results.set(name, [...(results.get(name) ?? []), await measure(server, createBody)]);
} finally {
  await server.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}

console.log(`lag of ${streams} streams at 20 chunks a second, p99; load average before: ${load.toFixed(1)}`);
for (const [name, values] of results) {
  const lags = values.map(({ lagMs }) => lagMs.toFixed(1)).join(", ");
  const perSecond = median(values.map(({ requestsPerSecond }) => requestsPerSecond));
  console.log(
    `${name}: median ${median(values.map(({ lagMs }) => lagMs)).toFixed(1)} ms (${lags}); ${perSecond.toFixed(0)} requests/s`,
  );
}
