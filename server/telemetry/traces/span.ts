/** A span that has ended, and OTLP's JSON for it. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import { memoize } from "../../lib/memoize.ts";
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

/** Writes the text without an object for each value: those of many spans would take several times as long. */
export function formatExport(
  spans: readonly Span[],
  resource: SpanAttributes,
  scope: { readonly name: string; readonly version: string },
): string {
  const resourceText = `{"attributes":[${formatAttributes(resource)}]}`;
  const scopeText = JSON.stringify(scope);
  const spanTexts = spans.map(formatSpan).join(",");
  return `{"resourceSpans":[{"resource":${resourceText},"scopeSpans":[{"scope":${scopeText},"spans":[${spanTexts}],"schemaUrl":"${semanticConventions}"}]}]}`;
}

function formatSpan(span: Span): string {
  const { context, name, kind, startedAt, endedAt, attributes, events = [], errorType } = span;
  const { traceId, spanId, parentSpanId, state } = context;
  const parent = parentSpanId === undefined ? "" : `,"parentSpanId":"${parentSpanId}"`;
  const traceState = state === undefined ? "" : `,"traceState":${JSON.stringify(state)}`;
  const failure = errorType === undefined ? "" : JSON.stringify(errorType);
  const status = failure === "" ? "{}" : `{"code":${statusError},"message":${failure}}`;
  const attributesText = formatAttributes(
    errorType === undefined ? attributes : { ...attributes, "error.type": errorType },
  );
  const eventTexts = events.length === 0 ? "" : events.map(formatEvent).join(",");
  return `{"traceId":"${traceId}","spanId":"${spanId}"${parent}${traceState},"flags":${sampledFlag},"name":${JSON.stringify(name)},"kind":${kindNumbers[kind]},"startTimeUnixNano":"${toNanoseconds(startedAt)}","endTimeUnixNano":"${toNanoseconds(Math.max(startedAt, endedAt))}","attributes":[${attributesText}],"events":[${eventTexts}],"status":${status}}`;
}

const formatEvent = ({ name, at, attributes }: SpanEvent): string =>
  `{"name":${JSON.stringify(name)},"timeUnixNano":"${toNanoseconds(at)}","attributes":[${formatAttributes(attributes)}]}`;

/** OTLP writes 64-bit integers as texts. */
const toNanoseconds = (ms: number): string => `${Math.round(ms)}000000`;

function formatAttributes(attributes: SpanAttributes): string {
  let text = "";
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined)
      text += `${text === "" ? "" : ","}{"key":${formatKey(key)},"value":${formatValue(value)}}`;
  }
  return text;
}

const formatKey = memoize((key) => JSON.stringify(key));

function formatValue(value: string | number | boolean | readonly string[]): string {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${JSON.stringify(value)}}`;
    case "boolean":
      return `{"boolValue":${value}}`;
    case "number":
      return Number.isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`;
    default:
      return `{"arrayValue":{"values":[${value.map((each) => formatValue(each)).join(",")}]}}`;
  }
}
