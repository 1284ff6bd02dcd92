/** A receiver of OTLP over HTTP with JSON. It rejects what the protocol does not have. https://opentelemetry.io/docs/specs/otlp/ */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { z } from "zod";

const nanoseconds = z.string().regex(/^\d{19}$/);
const AnyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({
    arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }),
  }),
]);
const Attributes = z.array(z.strictObject({ key: z.string().min(1), value: AnyValue }));
const OtlpSpan = z.strictObject({
  traceId: z.string().regex(/^[\da-f]{32}$/),
  spanId: z.string().regex(/^[\da-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[\da-f]{16}$/)
    .optional(),
  traceState: z.string().optional(),
  flags: z.int(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: Attributes,
  events: z.array(z.strictObject({ name: z.string(), timeUnixNano: nanoseconds, attributes: Attributes })),
  status: z.strictObject({ code: z.int().optional(), message: z.string().optional() }),
});
const TraceExport = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: Attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(OtlpSpan),
          schemaUrl: z.string(),
        }),
      ),
    }),
  ),
});

type Attributes = Readonly<Record<string, unknown>>;

export interface ReceivedSpan extends Omit<z.output<typeof OtlpSpan>, "attributes" | "events"> {
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly resource: Attributes;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Answers the next requests with these statuses instead of taking their spans. */
  readonly failures: number[];
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const failures: number[] = [];
  const receive = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
    const body = Buffer.concat(await req.toArray()).toString();
    requests.push({ path: req.url ?? "", headers: req.headers });
    const failure = failures.shift();
    if (failure !== undefined) return res.writeHead(failure).end();
    const parsed = TraceExport.safeParse(JSON.parse(body));
    if (!parsed.success) return res.writeHead(400).end(parsed.error.message);
    spans.push(...parsed.data.resourceSpans.flatMap(flatten));
    return res.writeHead(200, { "content-type": "application/json" }).end('{"partialSuccess":{}}');
  };
  const server = createServer((req, res) => void receive(req, res));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests, failures };
}

function flatten({
  resource,
  scopeSpans,
}: z.output<typeof TraceExport>["resourceSpans"][number]): readonly ReceivedSpan[] {
  return scopeSpans.flatMap(({ spans }) =>
    spans.map((span) => ({
      ...span,
      attributes: toObject(span.attributes),
      events: span.events.map(({ name, attributes }) => ({ name, attributes: toObject(attributes) })),
      resource: toObject(resource.attributes),
    })),
  );
}

const toObject = (attributes: z.output<typeof Attributes>): Attributes =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, toPlainValue(value)]));

function toPlainValue(value: z.output<typeof AnyValue>): unknown {
  if ("arrayValue" in value) return value.arrayValue.values.map(({ stringValue }) => stringValue);
  return "intValue" in value ? Number(value.intValue) : Object.values(value)[0];
}

/** Writes a trace as a tree: children below their parent by their start, failures with their error. */
export function formatTrace(spans: readonly ReceivedSpan[]): readonly string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const formatBelow = (parentId: string | undefined, indent: string): readonly string[] =>
    spans
      .filter(({ parentSpanId = "" }) =>
        parentId === undefined ? !ids.has(parentSpanId) : parentSpanId === parentId,
      )
      .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
      .flatMap((span) => [
        `${indent}${span.name} (${["", "internal", "server", "client"][span.kind]})${formatError(span)}`,
        ...formatBelow(span.spanId, `${indent}  `),
      ]);
  return formatBelow(undefined, "");
}

const formatError = ({ status }: ReceivedSpan): string =>
  status.code === undefined ? "" : ` error: ${status.message}`;
