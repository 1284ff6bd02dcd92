/** The loads, in the order in which they run: each drives one server once and says what it found. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { loadPacedStreams, loadStreams, type StreamsRead } from "./load-stream.ts";
import { loadVaried, loadWhole, timeWhole } from "./load-whole.ts";
import { cpuMicroseconds, residentMegabytes } from "./measure.ts";
import type { Figures } from "./metrics.ts";
import { percentile } from "./statistics.ts";
import { streamResponse, userRequest, wholeRequest, wholeResponse } from "./script.ts";
import type { Server, ServerName } from "./servers.ts";
import { openSockets } from "./sockets.ts";

export interface Scenario {
  readonly name: string;
  /** Of a full run. */
  readonly rounds: number;
  /** Whom it drives; all by default. */
  readonly servers?: readonly ServerName[];
  /** Each round has processes of its own: what has freed memory hides what it takes. */
  readonly anew?: true;
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
const idleCount = 1_000;
const settleMs = 1_000;
const watchers = 100;
const patienceMs = 30_000;

export const scenarios: readonly Scenario[] = [
  { name: "latency", rounds: 3, measure: latency },
  { name: "whole", rounds: 3, measure: whole },
  { name: "streams", rounds: 3, measure: streams },
  { name: "paced", rounds: 2, measure: paced },
  { name: "responses", rounds: 3, servers: ["gateway"], measure: responses },
  { name: "stored", rounds: 3, servers: ["gateway"], measure: stored },
  { name: "sockets", rounds: 3, servers: ["pass-through", "gateway"], anew: true, measure: idleSockets },
  { name: "fan-out", rounds: 3, servers: ["gateway"], measure: fanOut },
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

/** In turns with chat, both without a store. */
async function responses(server: Server, _: Server, { seconds }: Effort): Promise<Figures> {
  const target = { ...server, url: new URL("/v1/responses", server.url).href };
  const some = { connections: 32, seconds };
  const many = { ...some, chunks: streamChunks };
  const chat = await loadWhole(server, some);
  const whole = await loadWhole(target, { ...some, body: wholeResponse });
  const chatStreams = await loadStreams(server, many);
  const read = await loadStreams(target, { ...many, request: streamResponse });
  if (read.delivered < read.started) {
    throw new Error(`${target.url}: ${read.started - read.delivered} of ${read.started} streams not whole`);
  }
  const perSecond = ({ delivered, seconds: taken }: StreamsRead): number => delivered / taken;
  return {
    responses: whole.perSecond,
    responsesShare: whole.perSecond / chat.perSecond,
    responseStreams: perSecond(read),
    responseStreamsShare: perSecond(read) / perSecond(chatStreams),
  };
}

/** A session for each reply, of two entries: a longer one would measure its length. In turns with replies that leave nothing. */
async function stored(server: Server, _: Server, { seconds }: Effort): Promise<Figures> {
  const load = { connections: 32, seconds };
  const round = randomUUID();
  const ephemeral = await loadVaried(server, load, () => wholeRequest);
  const kept = await loadVaried(server, load, (number) => userRequest(`${round} ${number}`));
  return { storedEntries: kept * 2, storedShare: kept / ephemeral };
}

/** Of the second thousand: the first makes the process as large as its garbage wants it. */
async function idleSockets(server: Server): Promise<Figures> {
  const first = await openSockets(server, idleCount);
  await sleep(settleMs);
  const before = residentMegabytes(server.pid);
  const second = await openSockets(server, idleCount);
  await sleep(settleMs);
  const added = residentMegabytes(server.pid) - before;
  first.close();
  second.close();
  return { socketKilobytes: (added * 1_000) / idleCount };
}

async function fanOut(server: Server, _: Server, { seconds }: Effort): Promise<Figures> {
  const watching = await openSockets(server, watchers);
  const before = cpuMicroseconds(server.pid);
  const startedAt = performance.now();
  const { delivered } = await loadStreams(server, { connections: 4, seconds, chunks: streamChunks });
  const events = delivered * streamChunks * watchers;
  while (watching.count() < events && performance.now() - startedAt < patienceMs) await sleep(5);
  const taken = (performance.now() - startedAt) / 1_000;
  const cpu = cpuMicroseconds(server.pid) - before;
  const count = watching.count();
  watching.close();
  if (count < events) throw new Error(`${server.url}: only ${count} of ${events} events came`);
  return { fanOutEvents: count / taken, fanOutCpu: cpu / count };
}
