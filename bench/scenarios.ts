/** The scenarios in the order in which they run. Each loads one server and returns its metrics. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { loadPacedStreams, loadStreams, type StreamResult } from "./load-stream.ts";
import { loadVariedRequests, loadUnstreamed, timeUnstreamed } from "./load-unstreamed.ts";
import { readCpuMicroseconds, readResidentMegabytes } from "./measure.ts";
import type { MetricValues } from "./metrics.ts";
import { percentile } from "./statistics.ts";
import {
  createMessageStreamRequest,
  createResponsesStreamRequest,
  createUserRequest,
  unstreamedMessageRequest,
  unstreamedRequest,
  unstreamedResponsesRequest,
  type Script,
} from "./script.ts";
import type { Server, ServerName } from "./servers.ts";
import { openSockets } from "./sockets.ts";

export interface Scenario {
  readonly name: string;
  /** Rounds of a full run. */
  readonly rounds: number;
  /** The servers to load; all by default. */
  readonly servers?: readonly ServerName[];
  /** Each round starts new processes: memory that was freed before would hide what the scenario takes. */
  readonly hasFreshProcesses?: true;
  measure(server: Server, upstream: Server, effort: Effort): Promise<MetricValues>;
}

export interface Effort {
  /** Duration of one load. */
  readonly seconds: number;
  readonly requests: number;
  /** Chunks of each paced stream, at 20 a second. */
  readonly pacedChunks: number;
}

export const fullEffort: Effort = { seconds: 3, requests: 800, pacedChunks: 200 };
export const quickEffort: Effort = { seconds: 1, requests: 300, pacedChunks: 60 };

const streamChunks = 200;
const pacedStreams = 1_000;
const idleCount = 1_000;
const settleMs = 1_000;
const watcherCount = 100;
const timeoutMs = 30_000;

export const scenarios: readonly Scenario[] = [
  { name: "latency", rounds: 3, measure: measureLatency },
  { name: "whole", rounds: 3, measure: measureUnstreamed },
  { name: "streams", rounds: 3, measure: measureStreams },
  { name: "paced", rounds: 2, measure: measurePacedStreams },
  { name: "responses", rounds: 3, servers: ["gateway"], measure: measureResponses },
  { name: "messages", rounds: 3, servers: ["gateway"], measure: measureMessages },
  { name: "stored", rounds: 3, servers: ["gateway"], measure: measureStored },
  {
    name: "sockets",
    rounds: 3,
    servers: ["pass-through", "gateway"],
    hasFreshProcesses: true,
    measure: measureIdleSockets,
  },
  { name: "fan-out", rounds: 3, servers: ["gateway"], measure: measureFanOut },
];

/** Lets V8 compile the code that the loads use. */
export async function warmUp(server: Server, { seconds }: Effort): Promise<void> {
  await loadUnstreamed(server, { connections: 32, seconds });
  await loadStreams(server, { connections: 32, seconds, chunks: streamChunks });
}

/** Alternates with direct requests to the upstream, so that both see the same noise. */
async function measureLatency(server: Server, upstream: Server, { requests }: Effort): Promise<MetricValues> {
  const gatewayMs: number[] = [];
  const upstreamMs: number[] = [];
  const turns = 10;
  for (let turn = 0; turn < turns; turn += 1) {
    upstreamMs.push(...(await timeUnstreamed(upstream, requests / turns)));
    gatewayMs.push(...(await timeUnstreamed(server, requests / turns)));
  }
  const added = (share: number): number => percentile(gatewayMs, share) - percentile(upstreamMs, share);
  return { addedP50: added(0.5), addedP99: added(0.99) };
}

async function measureUnstreamed(server: Server, _: Server, { seconds }: Effort): Promise<MetricValues> {
  const result1 = await loadUnstreamed(server, { connections: 1, seconds });
  const before = readCpuMicroseconds(server.pid);
  const result32 = await loadUnstreamed(server, { connections: 32, seconds });
  const cpu = readCpuMicroseconds(server.pid) - before;
  const result128 = await loadUnstreamed(server, { connections: 128, seconds });
  return {
    unstreamed1: result1.perSecond,
    unstreamed32: result32.perSecond,
    unstreamed128: result128.perSecond,
    unstreamedCpu: cpu / result32.replies,
  };
}

async function measureStreams(server: Server, _: Server, { seconds }: Effort): Promise<MetricValues> {
  const before = readCpuMicroseconds(server.pid);
  const result = await loadStreams(server, { connections: 32, seconds, chunks: streamChunks });
  const cpu = readCpuMicroseconds(server.pid) - before;
  if (result.deliveredCount < result.startedCount) {
    throw new Error(
      `${server.url}: ${result.startedCount - result.deliveredCount} of ${result.startedCount} streams not whole`,
    );
  }
  return {
    streams: result.deliveredCount / result.seconds,
    streamChunks: (result.deliveredCount * streamChunks) / result.seconds,
    chunkCpu: cpu / (result.deliveredCount * streamChunks),
  };
}

async function measurePacedStreams(
  server: Server,
  _: Server,
  { pacedChunks }: Effort,
): Promise<MetricValues> {
  const before = readCpuMicroseconds(server.pid);
  const result = await loadPacedStreams(server, pacedStreams, { chunks: pacedChunks, everyMs: 50 });
  const cpu = readCpuMicroseconds(server.pid) - before;
  return {
    pacedDelivered: result.deliveredCount,
    pacedLagP50: percentile(result.lags, 0.5),
    pacedLagP99: percentile(result.lags, 0.99),
    pacedCpu: cpu / result.lags.length,
  };
}

/** Another API of the gateway, and its requests. */
interface OtherApi {
  readonly path: string;
  readonly unstreamed: string;
  readonly createStream: (script: Script) => string;
}

/** Alternates with chat. Neither stores anything. */
async function compareWithChat(
  server: Server,
  { path, unstreamed: body, createStream }: OtherApi,
  { seconds }: Effort,
): Promise<{
  readonly replies: number;
  readonly repliesShare: number;
  readonly streams: number;
  readonly streamsShare: number;
}> {
  const target = { ...server, url: new URL(path, server.url).href };
  const unstreamedLoad = { connections: 32, seconds };
  const streamLoad = { ...unstreamedLoad, chunks: streamChunks };
  const chat = await loadUnstreamed(server, unstreamedLoad);
  const replies = await loadUnstreamed(target, { ...unstreamedLoad, body });
  const chatStreams = await loadStreams(server, streamLoad);
  const streams = await loadStreams(target, { ...streamLoad, request: createStream });
  if (streams.deliveredCount < streams.startedCount) {
    throw new Error(
      `${target.url}: ${streams.startedCount - streams.deliveredCount} of ${streams.startedCount} streams not whole`,
    );
  }
  const perSecond = ({ deliveredCount, seconds: elapsedSeconds }: StreamResult): number =>
    deliveredCount / elapsedSeconds;
  return {
    replies: replies.perSecond,
    repliesShare: replies.perSecond / chat.perSecond,
    streams: perSecond(streams),
    streamsShare: perSecond(streams) / perSecond(chatStreams),
  };
}

async function measureResponses(server: Server, _: Server, effort: Effort): Promise<MetricValues> {
  const responses = {
    path: "/v1/responses",
    unstreamed: unstreamedResponsesRequest,
    createStream: createResponsesStreamRequest,
  };
  const { replies, repliesShare, streams, streamsShare } = await compareWithChat(server, responses, effort);
  return {
    responses: replies,
    responsesShare: repliesShare,
    responseStreams: streams,
    responseStreamsShare: streamsShare,
  };
}

async function measureMessages(server: Server, _: Server, effort: Effort): Promise<MetricValues> {
  const messages = {
    path: "/v1/messages",
    unstreamed: unstreamedMessageRequest,
    createStream: createMessageStreamRequest,
  };
  const { replies, repliesShare, streams, streamsShare } = await compareWithChat(server, messages, effort);
  return {
    messages: replies,
    messagesShare: repliesShare,
    messageStreams: streams,
    messageStreamsShare: streamsShare,
  };
}

/** Each reply has its own session of two entries, since a longer one would measure its length. Alternates with unstored replies. */
async function measureStored(server: Server, _: Server, { seconds }: Effort): Promise<MetricValues> {
  const load = { connections: 32, seconds };
  const round = randomUUID();
  const ephemeralPerSecond = await loadVariedRequests(server, load, () => unstreamedRequest);
  const storedPerSecond = await loadVariedRequests(server, load, (number) =>
    createUserRequest(`${round} ${number}`),
  );
  return { storedEntries: storedPerSecond * 2, storedShare: storedPerSecond / ephemeralPerSecond };
}

/** Measures the second thousand. The first thousand grows the heap to its working size. */
async function measureIdleSockets(server: Server): Promise<MetricValues> {
  const first = await openSockets(server, idleCount);
  await sleep(settleMs);
  const before = readResidentMegabytes(server.pid);
  const second = await openSockets(server, idleCount);
  await sleep(settleMs);
  const added = readResidentMegabytes(server.pid) - before;
  first.close();
  second.close();
  return { socketKilobytes: (added * 1_000) / idleCount };
}

async function measureFanOut(server: Server, _: Server, { seconds }: Effort): Promise<MetricValues> {
  const watcherSockets = await openSockets(server, watcherCount);
  const before = readCpuMicroseconds(server.pid);
  const startedAt = performance.now();
  const { deliveredCount } = await loadStreams(server, { connections: 4, seconds, chunks: streamChunks });
  const events = deliveredCount * streamChunks * watcherCount;
  while (watcherSockets.receivedCount() < events && performance.now() - startedAt < timeoutMs) await sleep(5);
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  const cpu = readCpuMicroseconds(server.pid) - before;
  const count = watcherSockets.receivedCount();
  watcherSockets.close();
  if (count < events) throw new Error(`${server.url}: only ${count} of ${events} events came`);
  return { fanOutEvents: count / elapsedSeconds, fanOutCpu: cpu / count };
}
