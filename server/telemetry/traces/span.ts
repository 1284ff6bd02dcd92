/** A span that has ended, and OTLP's JSON for it. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import type { SpanAttributes, TraceContext } from "../../lib/trace-context.ts";

export interface Span {
  readonly context: TraceContext;
  readonly name: string;
  readonly kind: "internal" | "server" | "client";
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: SpanAttributes;
  readonly events?: readonly SpanEvent[];
  /** `error.type` of a span that failed. */
  readonly errorType?: string | undefined;
}

export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly attributes: SpanAttributes;
}

/** Version of the semantic conventions that the spans follow. */
const semanticConventions = "https://opentelemetry.io/schemas/1.44.0";

const kindNumbers = { internal: 1, server: 2, client: 3 } as const;
const statusError = 2;
/** The lowest bit says that the trace is sampled. */
const sampledFlag = 1;

export function formatExport(
  spans: readonly Span[],
  resource: SpanAttributes,
  scope: { readonly name: string; readonly version: string },
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: toKeyValues(resource) },
        scopeSpans: [{ scope, spans: spans.map(toOtlpSpan), schemaUrl: semanticConventions }],
      },
    ],
  });
}

function toOtlpSpan({
  context,
  name,
  kind,
  startedAt,
  endedAt,
  attributes,
  events = [],
  errorType,
}: Span): object {
  const { traceId, spanId, parentSpanId, state } = context;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...(state !== undefined && { traceState: state }),
    flags: sampledFlag,
    name,
    kind: kindNumbers[kind],
    startTimeUnixNano: toNanoseconds(startedAt),
    endTimeUnixNano: toNanoseconds(Math.max(startedAt, endedAt)),
    attributes: toKeyValues(
      errorType === undefined ? attributes : { ...attributes, "error.type": errorType },
    ),
    events: events.map((event) => ({
      name: event.name,
      timeUnixNano: toNanoseconds(event.at),
      attributes: toKeyValues(event.attributes),
    })),
    status: errorType === undefined ? {} : { code: statusError, message: errorType },
  };
}

/** OTLP writes 64-bit integers as texts. */
const toNanoseconds = (ms: number): string => `${Math.round(ms)}000000`;

const toKeyValues = (attributes: SpanAttributes): readonly object[] =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: toAnyValue(value) }],
  );

function toAnyValue(value: string | number | boolean | readonly string[]): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } };
  }
}
