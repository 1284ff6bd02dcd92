/** The loads, in the order in which they run: each drives one server once and says what it found. */
import { loadPacedStreams, loadStreams } from "./load-stream.ts";
import { loadWhole, timeWhole } from "./load-whole.ts";
import { cpuMicroseconds } from "./measure.ts";
import type { Figures } from "./metrics.ts";
import { percentile } from "./statistics.ts";
import type { Server } from "./servers.ts";

export interface Scenario {
  readonly name: string;
  /** Of a full run. */
  readonly rounds: number;
  measure(server: Server, upstream: Server, effort: Effort): Promise<Figures>;
}

export interface Effort {
  /** Of one load. */
  readonly seconds: number;
  readonly requests: number;
  /** Of each of the paced streams: 20 a second. */
  readonly pacedChunks: number;
}

export const fullEffort: Effort = { seconds: 3, requests: 800, pacedChunks: 200 };
export const quickEffort: Effort = { seconds: 1, requests: 300, pacedChunks: 60 };

const streamChunks = 200;
const pacedStreams = 1_000;

export const scenarios: readonly Scenario[] = [
  { name: "latency", rounds: 3, measure: latency },
  { name: "whole", rounds: 3, measure: whole },
  { name: "streams", rounds: 3, measure: streams },
  { name: "paced", rounds: 2, measure: paced },
];

/** Lets the engine compile what the loads will use. */
export async function warmUp(server: Server, { seconds }: Effort): Promise<void> {
  await loadWhole(server, { connections: 32, seconds });
  await loadStreams(server, { connections: 32, seconds, chunks: streamChunks });
}

/** In turns with the upstream asked directly, so that both meet the same noise. */
async function latency(server: Server, upstream: Server, { requests }: Effort): Promise<Figures> {
  const through: number[] = [];
  const direct: number[] = [];
  const turns = 10;
  for (let turn = 0; turn < turns; turn += 1) {
    direct.push(...(await timeWhole(upstream, requests / turns)));
    through.push(...(await timeWhole(server, requests / turns)));
  }
  const added = (share: number): number => percentile(through, share) - percentile(direct, share);
  return { addedP50: added(0.5), addedP99: added(0.99) };
}

async function whole(server: Server, _: Server, { seconds }: Effort): Promise<Figures> {
  const one = await loadWhole(server, { connections: 1, seconds });
  const before = cpuMicroseconds(server.pid);
  const some = await loadWhole(server, { connections: 32, seconds });
  const cpu = cpuMicroseconds(server.pid) - before;
  const many = await loadWhole(server, { connections: 128, seconds });
  return {
    whole1: one.perSecond,
    whole32: some.perSecond,
    whole128: many.perSecond,
    wholeCpu: cpu / some.replies,
  };
}

async function streams(server: Server, _: Server, { seconds }: Effort): Promise<Figures> {
  const before = cpuMicroseconds(server.pid);
  const read = await loadStreams(server, { connections: 32, seconds, chunks: streamChunks });
  const cpu = cpuMicroseconds(server.pid) - before;
  if (read.delivered < read.started) {
    throw new Error(`${server.url}: ${read.started - read.delivered} of ${read.started} streams not whole`);
  }
  return {
    streams: read.delivered / read.seconds,
    streamChunks: (read.delivered * streamChunks) / read.seconds,
    chunkCpu: cpu / (read.delivered * streamChunks),
  };
}

async function paced(server: Server, _: Server, { pacedChunks }: Effort): Promise<Figures> {
  const before = cpuMicroseconds(server.pid);
  const read = await loadPacedStreams(server, pacedStreams, { chunks: pacedChunks, everyMs: 50 });
  const cpu = cpuMicroseconds(server.pid) - before;
  return {
    pacedDelivered: read.delivered,
    pacedLagP50: percentile(read.lags, 0.5),
    pacedLagP99: percentile(read.lags, 0.99),
    pacedCpu: cpu / read.lags.length,
  };
}
