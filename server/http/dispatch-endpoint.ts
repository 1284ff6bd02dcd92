/** Runs an endpoint's handler and sends its result as JSON, text, bytes or a stream of events. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describeReply, type Endpoint } from "../../contracts/endpoint.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Log } from "../lib/ports.ts";
import type { InFlightRequests } from "../transport/in-flight.ts";
import { createStandardHeaders, logFailure, resolveErrorShape, serializeError } from "../transport/errors.ts";
import { sendEvents, streamHeaders, type StreamLimits } from "./event-stream.ts";
import type { RequestContext } from "./request-context.ts";
import type { EventSource, Handlers, HandlerContext } from "./handler.ts";
import { readIdempotencyKey, type IdempotencyGuard } from "./idempotency.ts";
import type { GetRateHeaders } from "./rate-headers.ts";
import { sendResponse } from "./send-response.ts";
import { sendDocument, type StaticDocument } from "./send-document.ts";
import { waitForFlush, waitForReads } from "../transport/back-pressure.ts";

export interface EndpointHandlerDeps {
  readonly handlers: Handlers;
  readonly inFlight: InFlightRequests;
  readonly stream: StreamLimits;
  readonly claimKey: IdempotencyGuard;
  readonly log: Log;
  readonly getRateHeaders: GetRateHeaders;
}

/** A handler of any endpoint, called with a request that its contract has validated. */
type AnyHandler = (context: HandlerContext<Endpoint>) => AnyResult | Promise<AnyResult>;
type AnyResult =
  AnyReply | AnyText | AnyContent | AnyStream | AnyResponse | { readonly document: StaticDocument };
type SentHeaders = Readonly<Record<string, string>>;
interface AnyReply {
  /** Undefined for a reply without a body. */
  readonly reply: unknown;
  readonly status?: number;
  readonly headers?: SentHeaders;
}
interface AnyText {
  readonly text: string;
  readonly contentType: string;
  readonly headers?: SentHeaders;
}
interface AnyContent {
  readonly content: Readable;
  readonly bytes: number;
  readonly headers?: SentHeaders;
}
interface AnyResponse {
  readonly response: Response;
  readonly headers?: SentHeaders;
}
interface AnyStream {
  readonly events: EventSource<unknown>;
  readonly headers?: SentHeaders;
  readonly toFailureEvents?: (error: GatewayError) => Iterable<unknown>;
}

export function createEndpointHandler({
  handlers,
  inFlight,
  stream,
  claimKey,
  log,
  getRateHeaders,
}: EndpointHandlerDeps): (context: RequestContext) => Promise<void> {
  const byId: ReadonlyMap<string, unknown> = new Map(Object.entries(handlers));

  return async (context) => {
    const { endpoint, req, res } = context;
    const shape = resolveErrorShape(endpoint.errorShape, req);
    // The checks have validated the input against the same contract, so the types match.
    const handler = byId.get(endpoint.id) as AnyHandler;
    const claim = readIdempotencyKey(context) === undefined ? undefined : await claimKey(context);
    if (claim === "replayed") return;
    const revoked = context.credential?.revoked;
    const work = { name: `${req.method} ${endpoint.path}`, id: context.requestId };
    // A request with a key runs to its end, even if its caller has left already: a repeat gets the stored answer.
    const trackedRequest =
      claim === undefined
        ? inFlight.trackResponse(work, res, revoked)
        : inFlight.trackDetached(work, revoked);
    let replyHeaders: AnyStream["headers"];
    const rates = getRateHeaders(endpoint, context.credential);
    if (rates !== undefined) res.setHeaders(new Map(Object.entries(rates)));
    try {
      const result = await handler({
        ...(context.input as Pick<HandlerContext<Endpoint>, "params" | "query" | "headers" | "body">),
        credential: context.credential as HandlerContext<Endpoint>["credential"],
        requestId: context.requestId,
        trace: context.trace,
        requestHeaders: req.headers,
        signal: trackedRequest.signal,
        ignoreDisconnect: trackedRequest.ignoreDisconnect,
      });
      replyHeaders = "headers" in result ? result.headers : undefined;
      const headers = { ...createStandardHeaders(context.requestId, shape), ...replyHeaders };
      if ("document" in result) await sendDocument(req, res, result.document, headers);
      else if ("response" in result) await sendResponse(res, result.response, headers, stream);
      else if ("events" in result) {
        const { sentinel, eventNames, resumable } = endpoint;
        const storedHeaders = { ...replyHeaders, ...streamHeaders };
        const onComplete =
          claim &&
          ((body: string): Promise<void> => claim.complete({ status: 200, headers: storedHeaders, body }));
        const framing = {
          headers,
          sentinel,
          eventNames,
          resumable,
          toFailureEvents: result.toFailureEvents,
          onComplete,
          onFailure: (error: GatewayError): void =>
            logFailure(
              log,
              { requestId: context.requestId, traceId: context.trace?.traceId, path: endpoint.path },
              error,
            ),
        };
        await sendEvents(res, result.events, framing, stream);
      } else if ("content" in result) {
        const { content, bytes } = result;
        const type = "application/octet-stream";
        res.writeHead(200, { ...headers, "content-type": type, "content-length": bytes });
        if (req.method === "HEAD") res.end();
        else await pipeline(content, res);
        content.destroy();
      } else if ("text" in result) {
        const { text: body, contentType } = result;
        await sendReply(context, { headers: { "content-type": contentType }, body }, 200, headers);
      } else {
        const { status = 200 } = result;
        const reply = serializeReply(endpoint, status, await result.reply);
        const storedHeaders = { ...replyHeaders, ...reply.headers };
        await claim?.complete({ status, headers: storedHeaders, body: reply.body });
        await sendReply(context, reply, status, headers);
      }
      await waitForFlush(res, stream);
    } catch (thrown) {
      if (replyHeaders !== undefined && !res.headersSent)
        res.setHeaders(new Map(Object.entries(replyHeaders)));
      await claim?.completeWithError(thrown, serializeError(thrown, shape, context.requestId));
      throw thrown;
    } finally {
      await claim?.release();
      trackedRequest.finish();
    }
  };
}

interface SerializedReply {
  readonly headers: SentHeaders;
  readonly body: string;
}

function serializeReply({ responses }: Endpoint, status: number, reply: unknown): SerializedReply {
  if (reply === undefined) return { headers: {}, body: "" };
  const { type = "application/json" } = describeReply(responses[status] ?? { description: "" });
  const body = type === "application/json" ? JSON.stringify(reply) : (reply as string);
  return { headers: { "content-type": `${type}; charset=utf-8` }, body };
}

async function sendReply(
  { req, res }: RequestContext,
  reply: SerializedReply,
  status: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { body } = reply;
  const bytes = Buffer.byteLength(body);
  res.writeHead(status, { ...headers, ...reply.headers, "content-length": bytes });
  await waitForReads();
  // A text of ASCII characters alone has the same bytes in both encodings, and Latin-1 is written faster.
  if (req.method === "HEAD") res.end();
  else res.end(body, bytes === body.length ? "latin1" : "utf8");
}
