/** What the gateway has to reach. The bench prints for each whether it is met. */
import type { MetricId } from "./metrics.ts";
import type { ServerName } from "./servers.ts";

export interface PerformanceTarget {
  readonly title: string;
  readonly metric: MetricId;
  /** The target is a ratio to the value of this server in the same round. */
  readonly relativeTo?: ServerName;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export const targets: readonly PerformanceTarget[] = [
  { title: "whole replies, 32 at once", metric: "unstreamed32", relativeTo: "pass-through", atLeast: 0.5 },
  { title: "whole replies, 32 at once", metric: "unstreamed32", relativeTo: "llms", atLeast: 1.9 },
  { title: "streams", metric: "streams", relativeTo: "pass-through", atLeast: 0.4 },
  { title: "streams", metric: "streams", relativeTo: "llms", atLeast: 1.25 },
  { title: "CPU of a whole reply: µs", metric: "unstreamedCpu", atMost: 170 },
  { title: "CPU of a whole reply", metric: "unstreamedCpu", relativeTo: "floor", atMost: 3.3 },
  { title: "CPU of metrics, usage and audit: ratio", metric: "recordsCpuRatio", atMost: 1.05 },
  { title: "CPU of traces of all requests: ratio", metric: "tracesCpuRatio", atMost: 1.2 },
  { title: "CPU of a chunk, back to back: µs", metric: "chunkCpu", atMost: 1.8 },
  { title: "CPU of a paced chunk", metric: "pacedCpu", relativeTo: "pass-through", atMost: 1.15 },
  { title: "lag of paced streams, p99: ms", metric: "pacedLagP99", atMost: 50 },
  { title: "lag of paced streams, p99", metric: "pacedLagP99", relativeTo: "pass-through", atMost: 1.5 },
  { title: "paced streams delivered whole", metric: "pacedDelivered", atLeast: 1_000 },
  { title: "responses beside chat, whole", metric: "responsesShare", atLeast: 0.9 },
  { title: "responses beside chat, streamed", metric: "responseStreamsShare", atLeast: 0.9 },
  { title: "messages beside chat, whole", metric: "messagesShare", atLeast: 0.9 },
  { title: "messages beside chat, streamed", metric: "messageStreamsShare", atLeast: 0.9 },
  { title: "stored turns beside turns not stored, 32 at once", metric: "stored32Share", atLeast: 0.5 },
  { title: "stored turns, 32 at once, p99: ms", metric: "stored32P99", atMost: 100 },
  { title: "event loop p99, disk of 8 ms a sync: ms", metric: "slowDiskLoopP99", atMost: 10 },
  { title: "CPU of the next turn of 5000: ms", metric: "longSessionCpu", atMost: 12 },
  { title: "CPU of an agent's body", metric: "agentBodyCpu", relativeTo: "portkey", atMost: 1.3 },
  { title: "CPU of an agent's body", metric: "agentBodyCpu", relativeTo: "llms", atMost: 1.3 },
  { title: "spawn to first answer", metric: "firstAnswerMs", relativeTo: "pass-through", atMost: 2.2 },
  { title: "memory when idle: MB", metric: "idleMegabytes", atMost: 130 },
  { title: "an idle socket", metric: "socketKilobytes", relativeTo: "pass-through", atMost: 2 },
  { title: "event loop p99 while responses expire: ms", metric: "expiryLoopP99", atMost: 20 },
  { title: "hostile provider, added memory: MB", metric: "hostileMegabytes", atMost: 100 },
  { title: "hostile provider, GET /healthz p99: ms", metric: "hostileHealthP99", atMost: 200 },
  { title: "hostile provider, wrong outcomes", metric: "hostileFaults", atMost: 0 },
];
