/** The metrics: how each is printed, and the target that the gateway has to reach. */

export interface Metric {
  readonly title: string;
  readonly digits: number;
  /** Prints the ratio to the pass-through, which depends less on other load of the machine than the value. */
  readonly hasRatio?: true;
  readonly target?: {
    readonly text: string;
    /** Returns false for NaN. */
    readonly isMet: (value: number, ratio: number) => boolean;
  };
}

const createUnstreamedMetric = (connections: number): Metric => ({
  title: `whole replies, ${connections} at once: replies/s`,
  digits: 0,
  hasRatio: true,
  target: { text: "≥ 0.4 ×", isMet: (_, ratio) => ratio >= 0.4 },
});

export const metrics = {
  firstAnswerMs: {
    title: "spawn to first answer: ms",
    digits: 0,
    target: { text: "< 1000", isMet: (value) => value < 1_000 },
  },
  idleMegabytes: {
    title: "memory when idle: MB",
    digits: 0,
    target: { text: "< 120", isMet: (value) => value < 120 },
  },
  installMegabytes: { title: "packages to install: MB", digits: 1 },
  addedP50: { title: "added to one reply at a time, p50: ms", digits: 2 },
  addedP99: { title: "added to one reply at a time, p99: ms", digits: 2 },
  unstreamed1: createUnstreamedMetric(1),
  unstreamed32: createUnstreamedMetric(32),
  unstreamed128: createUnstreamedMetric(128),
  unstreamedCpu: { title: "CPU of a whole reply (32 at once): µs", digits: 0 },
  streams: {
    title: "streams of 200 chunks, 32 at once: streams/s",
    digits: 0,
    hasRatio: true,
    target: { text: "≥ 0.25 ×", isMet: (_, ratio) => ratio >= 0.25 },
  },
  streamChunks: { title: "the same: chunks/s", digits: 0 },
  chunkCpu: {
    title: "the same: CPU of a chunk, its share of the request included: µs",
    digits: 1,
    target: { text: "≤ 4", isMet: (value) => value <= 4 },
  },
  pacedDelivered: {
    title: "1000 streams at 20 chunks/s: delivered whole",
    digits: 0,
    target: { text: "1000", isMet: (value) => value === 1_000 },
  },
  pacedLagP50: { title: "the same: lag of a chunk, p50: ms", digits: 1 },
  pacedLagP99: {
    title: "the same: lag of a chunk, p99: ms",
    digits: 1,
    target: { text: "< 50", isMet: (value) => value < 50 },
  },
  pacedCpu: { title: "the same: CPU of a chunk: µs", digits: 0 },
  responses: { title: "responses, whole, 32 at once: replies/s", digits: 0 },
  responsesShare: { title: "the same: share of chat's", digits: 2 },
  responseStreams: { title: "responses of 200 chunks, streamed, 32 at once: streams/s", digits: 0 },
  responseStreamsShare: { title: "the same: share of chat's", digits: 2 },
  messages: { title: "messages, whole, 32 at once: replies/s", digits: 0 },
  messagesShare: {
    title: "the same: share of chat's",
    digits: 2,
    target: { text: "≥ 0.9", isMet: (value) => value >= 0.9 },
  },
  messageStreams: { title: "messages of 200 chunks, streamed, 32 at once: streams/s", digits: 0 },
  messageStreamsShare: {
    title: "the same: share of chat's",
    digits: 2,
    target: { text: "≥ 0.9", isMet: (value) => value >= 0.9 },
  },
  storedEntries: { title: "whole replies in stored sessions, 32 at once: entries/s", digits: 0 },
  storedShare: { title: "the same: replies/s, share of those that are not stored", digits: 2 },
  socketKilobytes: { title: "an idle socket, of 1000 beside 1000 others: KB", digits: 1, hasRatio: true },
  fanOutEvents: { title: "100 sockets watch streams: events/s that reach them", digits: 0 },
  fanOutCpu: { title: "the same: CPU of an event: µs", digits: 1 },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricId = keyof typeof metrics;

/** The values of one server in one round. */
export type MetricValues = Partial<Readonly<Record<MetricId, number>>>;
