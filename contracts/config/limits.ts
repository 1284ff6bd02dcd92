/** `gateway.limits`: limits for connections, requests, runs and slow readers. */
import { z } from "zod";
import { bytes, count, milliseconds } from "./fields.ts";

/** 0 means none. */
const limitOrNone = (value: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(0).max(4_294_967_296).default(value);

export const Limits = z
  .strictObject({
    headerTimeoutMs: milliseconds()
      .default(10_000)
      .describe("Time limit for the headers of a request, in milliseconds; then 408."),
    bodyTimeoutMs: milliseconds()
      .default(30_000)
      .describe("Time limit for the body of a request, in milliseconds; then 408."),
    slowClientCheckMs: milliseconds()
      .default(1_000)
      .describe("Interval of the checks for the two limits above, in milliseconds."),
    maxHeaderBytes: z
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(16_384)
      .describe("Total size of the headers of a request, in bytes; larger ones get 431."),
    maxHeaders: count().default(100).describe("Headers per request."),
    maxJsonDepth: z
      .int()
      .min(1)
      .max(1_000)
      .default(64)
      .describe("Nesting depth of a JSON body; deeper ones get 400."),
    maxJsonNodes: count().default(50_000).describe("Values in a JSON body; more get 400."),
    maxConcurrentRuns: count()
      .default(32)
      .describe("Concurrent agent runs. Divided among `gateway.workers`; each has at least one."),
    maxWaitingRuns: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(64)
      .describe(
        "Requests that wait for a free run; more get 503 with `Retry-After`. Divided among `gateway.workers`.",
      ),
    maxWaitMs: milliseconds()
      .default(30_000)
      .describe("Time limit of this wait, in milliseconds; then 503 with `Retry-After`."),
    maxWaitingPerSession: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(16)
      .describe(
        "Requests that wait for the same session; more get 429 with `Retry-After`. Each worker counts its own.",
      ),
    maxBodyBytesInFlight: bytes()
      .default(64_000_000)
      .describe(
        "Bytes of all HTTP bodies and WebSocket messages that are being received, or wait to be parsed; more get 503 with `Retry-After`, or close their WebSocket with 1013. One alone is limited by its endpoint only. Divided among `gateway.workers`.",
      ),
    maxUnreadBytes: bytes()
      .default(1_048_576)
      .describe(
        "Bytes of a stream that are buffered for a slow reader. Beyond them the provider is not read.",
      ),
    slowReaderMs: milliseconds()
      .default(30_000)
      .describe(
        "Time limit for a stream's reader that reads nothing, in milliseconds; then the connection is closed.",
      ),
    maxAnswerBytes: limitOrNone(8_388_608).describe(
      "Text and thinking of one model answer, in bytes of UTF-8; beyond them the run ends with `upstream_protocol`. 0: no limit.",
    ),
    maxCallArgumentBytes: limitOrNone(1_048_576).describe(
      "Arguments of one tool call, in bytes of UTF-8; beyond them the run ends with `upstream_protocol`. 0: no limit.",
    ),
    maxCallsPerStep: limitOrNone(128).describe(
      "Tool calls of one model answer; more end the run with `upstream_protocol`. 0: no limit.",
    ),
    maxMemoryMb: z
      .int()
      .min(64)
      .max(1_048_576)
      .optional()
      .describe(
        "Memory in use (JavaScript objects and buffers), in MiB. At 80 % new runs get 503 while others are at work; at 90 % the largest run is ended. Default: the smallest of 75 % of the container's limit, 50 % of the machine and 85 % of V8's heap limit. Divided among `gateway.workers`, except the heap limit, which each worker has for itself.",
      ),
    drainMs: milliseconds()
      .default(25_000)
      .describe("Time for running requests to finish after SIGTERM, in milliseconds."),
    drainDelayMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(0)
      .describe(
        "Time after SIGTERM in which requests are still accepted while `/readyz` answers 503, in milliseconds, before `drainMs` begins. Behind a load balancer, set it to longer than the balancer takes to notice, and no request is rejected.",
      ),
  })
  .prefault({})
  .describe("Limits that protect the gateway from overload.");
