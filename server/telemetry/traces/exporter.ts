/** Sends spans to a collector with OTLP over HTTP, in batches. What it observes never waits for it. */
import type { Log } from "../../lib/ports.ts";
import type { SpanAttributes } from "../../lib/trace-context.ts";
import { createBatchWriter } from "../batch-writer.ts";
import { formatExport, type Span } from "./span.ts";

export interface SpanExporter {
  add(span: Span): void;
  /** Resolves when all spans so far are sent or given up, or after `maxMs` milliseconds. */
  flush(maxMs: number): Promise<void>;
  readonly counts: Readonly<Record<ExportOutcome, number>>;
}

/** `failed`: the collector is unreachable for long. `rejected`: it refuses the spans. */
export type ExportOutcome = "exported" | "failed" | "rejected";

interface SpanExporterOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: SpanAttributes;
  readonly version: string;
  readonly flushIntervalMs: number;
  readonly log: Log;
}

const batchSize = 512;
/** Spans that wait while the collector cannot be reached; about 10 MB. Beyond them the oldest are dropped. */
const maxWaiting = 8_192;
const requestTimeoutMs = 10_000;
/** https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const retriedStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const maxRetryAfterMs = 60_000;
const maxErrorCharacters = 200;

export function createSpanExporter(options: SpanExporterOptions): SpanExporter {
  const { url, headers, resource, version, flushIntervalMs, log } = options;
  const scope = { name: "openclaw-gateway", version };
  let exported = 0;
  let rejected = 0;
  let isRejected = false;
  let retryAt = 0;

  const recordRejection = (count: number, reason: string): void => {
    rejected += count;
    if (!isRejected && count > 0) log.warn("the collector rejects traces", { spans: count, reason });
    isRejected = count > 0;
  };
  /** Rejects when the spans have to be sent again. */
  const send = async (spans: readonly Span[]): Promise<void> => {
    if (Date.now() < retryAt) throw new Error("the collector asked to wait");
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": `openclaw-gateway/${version}`,
        ...headers,
      },
      body: formatExport(spans, resource, scope),
      redirect: "error",
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (retriedStatuses.has(response.status)) {
      const seconds = Number(response.headers.get("retry-after") ?? 0);
      if (seconds > 0) retryAt = Date.now() + Math.min(seconds * 1_000, maxRetryAfterMs);
      throw new Error(`status ${response.status}`);
    }
    if (!response.ok)
      return recordRejection(spans.length, `status ${response.status} ${text.slice(0, maxErrorCharacters)}`);
    const { rejectedCount, reason } = readPartialSuccess(text);
    recordRejection(rejectedCount, reason);
    exported += spans.length - rejectedCount;
  };
  const writer = createBatchWriter<Span>("spans", send, log, {
    maxDelayMs: flushIntervalMs,
    batchSize,
    maxWaiting,
  });
  return {
    add: writer.add,
    async flush(maxMs) {
      const timeout = Promise.withResolvers<void>();
      const timer = setTimeout(timeout.resolve, maxMs);
      await Promise.race([writer.flush(), timeout.promise]);
      clearTimeout(timer);
    },
    get counts() {
      return { exported, failed: writer.droppedCount, rejected };
    },
  };
}

/** https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
function readPartialSuccess(text: string): { readonly rejectedCount: number; readonly reason: string } {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string };
    };
    return {
      rejectedCount: Number(partialSuccess?.rejectedSpans ?? 0) || 0,
      reason: (partialSuccess?.errorMessage ?? "").slice(0, maxErrorCharacters),
    };
  } catch {
    return { rejectedCount: 0, reason: "" };
  }
}
