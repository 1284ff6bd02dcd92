/** The metrics: how each is printed. */

export interface Metric {
  readonly title: string;
  readonly digits: number;
  /** Prints the tenth percentile beside the median: what it costs when nothing else disturbs. */
  readonly hasP10?: true;
}

const cpu = { digits: 0, hasP10: true } as const;

export const metrics = {
  firstAnswerMs: { title: "spawn to first answer: ms", digits: 0 },
  firstAnswerCpu: { title: "the same: CPU, ms", digits: 0 },
  idleMegabytes: { title: "memory when idle: MB", digits: 0 },
  installMegabytes: { title: "packages to install: MB", digits: 1 },
  addedP50: { title: "added to one reply at a time, p50: ms", digits: 2 },
  addedP99: { title: "added to one reply at a time, p99: ms", digits: 2 },
  unstreamed1: { title: "whole replies, 1 at once: replies/s", digits: 0 },
  unstreamed32: { title: "whole replies, 32 at once: replies/s", digits: 0 },
  unstreamed128: { title: "whole replies, 128 at once: replies/s", digits: 0 },
  unstreamedCpu: { title: "CPU of a whole reply, 32 at once: µs", ...cpu },
  unobservedCpu: { title: "the same without metrics, usage, audit: CPU, µs", ...cpu },
  recordsCpuRatio: { title: "the same with all three: CPU, beside without", digits: 3 },
  tracesCpuRatio: { title: "the same with traces of all requests: CPU, beside without", digits: 3 },
  streams: { title: "streams of 200 chunks, 32 at once: streams/s", digits: 0 },
  streamChunks: { title: "the same: chunks/s", digits: 0 },
  chunkCpu: {
    title: "the same: CPU of a chunk, its share of the request included: µs",
    digits: 2,
    hasP10: true,
  },
  pacedDelivered: { title: "1000 streams at 20 chunks/s: delivered whole", digits: 0 },
  pacedLagP50: { title: "the same: lag of a chunk, p50: ms", digits: 1 },
  pacedLagP99: { title: "the same: lag of a chunk, p99: ms", digits: 1 },
  pacedCpu: { title: "the same: CPU of a chunk: µs", digits: 1 },
  responses: { title: "responses, whole, 32 at once: replies/s", digits: 0 },
  responsesShare: { title: "the same: share of chat's", digits: 2 },
  responsesCpuRatio: { title: "the same: CPU of a reply, beside chat's", digits: 2 },
  responseStreams: { title: "responses of 200 chunks, streamed, 32 at once: streams/s", digits: 0 },
  responseStreamsShare: { title: "the same: share of chat's", digits: 2 },
  responseStreamsCpuRatio: { title: "the same: CPU of a stream, beside chat's", digits: 2 },
  messages: { title: "messages, whole, 32 at once: replies/s", digits: 0 },
  messagesShare: { title: "the same: share of chat's", digits: 2 },
  messagesCpuRatio: { title: "the same: CPU of a reply, beside chat's", digits: 2 },
  messageStreams: { title: "messages of 200 chunks, streamed, 32 at once: streams/s", digits: 0 },
  messageStreamsShare: { title: "the same: share of chat's", digits: 2 },
  messageStreamsCpuRatio: { title: "the same: CPU of a stream, beside chat's", digits: 2 },
  stored1: { title: "whole replies in stored sessions, 1 at once: replies/s", digits: 0 },
  stored1Share: { title: "the same: share of those that are not stored", digits: 2 },
  stored32: { title: "whole replies in stored sessions, 32 at once: replies/s", digits: 0 },
  stored32Share: { title: "the same: share of those that are not stored", digits: 2 },
  stored32P99: { title: "the same: p99 of a reply, ms", digits: 0 },
  storedCpu: { title: "the same: CPU of a reply, µs", ...cpu },
  storedCpuRatio: { title: "the same: CPU of a reply, beside one that is not stored", digits: 2 },
  lagAlone: { title: "100 streams at 20 chunks/s: lag of a chunk, p99: ms", digits: 1 },
  lagBesideCallers: { title: "the same beside 32 callers of 10 replies/s that are not stored", digits: 1 },
  lagBesideStored: { title: "the same beside 32 whose turns are stored", digits: 1 },
  longSessionCpu: { title: "the next turn of 5000: CPU, ms", digits: 1, hasP10: true },
  agentBodyCpu: { title: "200 messages of 5 KB and 40 tools: CPU of a reply, ms", digits: 1, hasP10: true },
  socketKilobytes: { title: "an idle socket, of 5000 beside 1000 others: KB", digits: 1 },
  fanOutCpu: { title: "100 sockets watch streams: CPU of an event, µs", digits: 1 },
  slowDiskTurns: { title: "the store, 32 callers, a disk of 8 ms a sync: turns/s", digits: 0 },
  slowDiskLoopP99: { title: "the same: event loop, p99: ms", digits: 1 },
  slowDiskIdleP99: { title: "the same of a process without a store, before: ms", digits: 1 },
  expirySeconds: { title: "100000 responses expire: s", digits: 1 },
  expiryLoopP99: { title: "the same: event loop, p99: ms", digits: 1 },
  expiryIdleP99: { title: "the same of a process without a store, before: ms", digits: 1 },
  hostileMegabytes: { title: "a hostile provider, 16 answers at once: added memory, MB", digits: 0 },
  hostileHealthP99: { title: "the same: GET /healthz meanwhile, p99: ms", digits: 0 },
  hostileFaults: { title: "the same: answers that did not end as they should", digits: 0 },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricId = keyof typeof metrics;

/** The values of one server in one round. */
export type MetricValues = Partial<Readonly<Record<MetricId, number>>>;
