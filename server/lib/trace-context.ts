/** The identity of a span, and its headers between processes. https://www.w3.org/TR/trace-context/ */
import { randomId } from "./ids.ts";

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  /** Whether the spans of the trace are exported. */
  readonly isSampled: boolean;
  /** `tracestate`, which is passed on unchanged. */
  readonly state?: string | undefined;
  /** Whether requests to model providers carry the context. */
  readonly isForProviders: boolean;
}

/** The span of a request that the gateway serves. */
export interface ServerSpan {
  readonly context: TraceContext;
  /** Ends and exports the span. Call it once. */
  end(details: {
    readonly name: string;
    readonly attributes: SpanAttributes;
    /** The error code or the status of a failure of the gateway's. */
    readonly errorType?: string | undefined;
  }): void;
}

export type SpanAttributes = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Returns undefined while traces are off. */
export type StartServerSpan = (parent: TraceHeaders) => ServerSpan | undefined;

/** Headers of a request, or the same fields of a frame. */
type TraceHeaders = Readonly<Record<string, unknown>>;

/** Larger ones may be dropped: https://www.w3.org/TR/trace-context/#tracestate-limits */
const maxStateLength = 512;
const traceparentPattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

const createSpanId = (): string => randomId("").slice(0, 16);

/** Returns the context of the caller's span. Undefined when there is none or it is not valid. */
export function readTraceHeaders(headers: TraceHeaders): Omit<TraceContext, "isForProviders"> | undefined {
  const { traceparent, tracestate } = headers;
  const [, version, traceId = "", spanId = "", flags = "", rest] =
    traceparentPattern.exec(typeof traceparent === "string" ? traceparent : "") ?? [];
  // Later versions may have further fields. Ids of zeros are not valid.
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const state =
    typeof tracestate === "string" && tracestate.length <= maxStateLength ? tracestate : undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, state };
}

export const createRootContext = (
  options: Pick<TraceContext, "isForProviders"> & { readonly isSampled: (traceId: string) => boolean },
): TraceContext => {
  const traceId = randomId("");
  const { isForProviders } = options;
  return { traceId, spanId: createSpanId(), isSampled: options.isSampled(traceId), isForProviders };
};

export function createChildContext(parent: TraceContext): TraceContext {
  return { ...parent, spanId: createSpanId(), parentSpanId: parent.spanId };
}

/** Returns the headers for a request within the span. */
export function toTraceHeaders({
  traceId,
  spanId,
  isSampled,
  state,
}: TraceContext): Readonly<Record<string, string>> {
  const traceparent = `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}
