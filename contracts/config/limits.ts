/** `gateway.limits`: how much one caller, one run and one slow client may take. */
import { z } from "zod";
import { bytes, count, milliseconds } from "./fields.ts";

export const Limits = z
  .strictObject({
    headerTimeoutMs: milliseconds()
      .default(10_000)
      .describe("Time for a request's headers to arrive, in milliseconds; then 408."),
    bodyTimeoutMs: milliseconds()
      .default(30_000)
      .describe("Time for a request's body to arrive, in milliseconds; then 408."),
    slowClientCheckMs: milliseconds()
      .default(1_000)
      .describe("How often connections are checked against the two times above, in milliseconds."),
    maxHeaderBytes: z
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(16_384)
      .describe("Size of all headers of a request together, in bytes; beyond it 431."),
    maxHeaders: count().default(100).describe("Number of headers of a request."),
    maxJsonDepth: z
      .int()
      .min(1)
      .max(1_000)
      .default(64)
      .describe("How deep the JSON of a body may be nested; beyond it 400."),
    maxJsonNodes: count().default(50_000).describe("Values in the JSON of a body; beyond it 400."),
    maxConcurrentRuns: count().default(32).describe("Agent runs at the same time."),
    maxWaitingRuns: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(64)
      .describe("Requests that may wait for a free run; beyond it 503 with `Retry-After`."),
    maxWaitMs: milliseconds()
      .default(30_000)
      .describe("Longest wait for a free run, in milliseconds; then 503 with `Retry-After`."),
    maxWaitingPerSession: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(16)
      .describe("Requests that may wait for the same session; beyond it 429 with `Retry-After`."),
    maxUnreadBytes: bytes()
      .default(1_048_576)
      .describe("Bytes of a stream that wait for a slow reader before the provider is no longer read."),
    slowReaderMs: milliseconds()
      .default(30_000)
      .describe("Longest time that a stream's reader may read nothing, in milliseconds; then it is cut."),
    drainMs: milliseconds()
      .default(25_000)
      .describe("Time that running requests get to finish on SIGTERM, in milliseconds."),
  })
  .prefault({})
  .describe("Limits; each protects the gateway from one kind of excess.");
