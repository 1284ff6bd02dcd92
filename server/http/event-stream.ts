/** Writes any stream of events as SSE: early headers, batching, keep-alive comments, back-pressure and failures. */
import type { ServerResponse } from "node:http";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { streamHeaders as declaredHeaders } from "../../contracts/response-headers.ts";
import { frame, keepAliveFrame, retryFrame } from "../../contracts/sse.ts";
import { toGatewayError, type GatewayError } from "../lib/errors.ts";
import { serializeEvent, parseEventType } from "../dialects/preserialized.ts";
import type { Sink } from "../lib/ports.ts";
import type { EventSource } from "./handler.ts";
import { toErrorBody } from "../transport/errors.ts";
import { waitForDrain, waitForReads, type BackPressureLimits } from "../transport/back-pressure.ts";

export interface StreamLimits extends BackPressureLimits {
  /** Milliseconds after which the headers are sent even without an event. */
  readonly headersAfterMs: number;
  /** Milliseconds without output after which a comment is written. */
  readonly keepAliveMs: number;
}

export const streamHeaders = { "content-type": "text/event-stream; charset=utf-8", ...declaredHeaders };

const minBufferLength = 16_384;
/** Characters that are batched before a write. */
const maxPendingLength = 65_536;

/** How events become a response: its headers beside those of a stream, and SSE frames. */
interface Framing {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly sentinel?: Endpoint["sentinel"] | undefined;
  readonly eventNames?: Endpoint["eventNames"] | undefined;
  readonly resumable?: Endpoint["resumable"] | undefined;
  /** Maps a failure to the last events. Without it, a failure is one error frame. */
  readonly toFailureEvents?: ((error: GatewayError) => Iterable<unknown>) | undefined;
  /** Called with a failure that the stream ends with. */
  readonly onFailure?: ((error: GatewayError) => void) | undefined;
  /** Called with the whole text of a successful stream, before the last frame is written. */
  readonly onComplete?: ((text: string) => Promise<void>) | undefined;
}

/**
 * Resolves when the stream has ended, also after a failure. Rejects with what `events` throws while no
 * header has been sent, so that the caller can still send an ordinary error response.
 */
export async function sendEvents(
  res: ServerResponse,
  events: EventSource<unknown>,
  { headers, sentinel, eventNames, resumable, toFailureEvents, onFailure, onComplete }: Framing,
  limits: StreamLimits,
): Promise<void> {
  const frames: string[] = [];
  let pending = "";
  let scheduledFlush: NodeJS.Immediate | undefined;

  const sendHeaders = (): void => {
    if (!res.headersSent) res.writeHead(200, { ...headers, ...streamHeaders });
  };
  const flush = (): void => {
    scheduledFlush = undefined;
    const text = pending;
    pending = "";
    if (text === "" || res.destroyed) return;
    sendHeaders();
    // Node keeps three times the size of a long string that the kernel does not accept at once.
    res.write(text.length < minBufferLength ? text : Buffer.from(text));
    keepAliveTimer.refresh();
  };
  /** Batches events that arrive in the same tick into one write. */
  const enqueue = (text: string): void => {
    if (onComplete !== undefined) frames.push(text);
    pending += text;
    if (pending.length >= maxPendingLength) return flush();
    scheduledFlush ??= setImmediate(flush);
  };
  const enqueueEvent = (event: unknown): void => {
    const data = serializeEvent(event);
    const name = eventNames === "type" ? parseEventType(data) : eventNames;
    enqueue(frame(data, name, resumable && readEventId(event)));
  };
  const headersTimer = setTimeout(() => {
    sendHeaders();
    res.flushHeaders();
  }, limits.headersAfterMs);
  const keepAliveTimer = setInterval(() => {
    if (res.headersSent && !res.writableEnded && !res.destroyed) res.write(keepAliveFrame);
  }, limits.keepAliveMs);

  let hasStarted = false;
  const sink: Required<Sink<unknown>> = {
    emit(event) {
      if (resumable !== undefined && !hasStarted) enqueue(retryFrame(resumable.retryMs));
      hasStarted = true;
      enqueueEvent(event);
    },
    ready() {
      if (pending.length + res.writableLength <= limits.maxUnreadBytes) return undefined;
      flush();
      return waitForDrain(res, limits);
    },
  };
  try {
    if (typeof events === "function") await events(sink);
    else await pushAll(events, sink, res.req.method === "HEAD");
    if (onComplete !== undefined)
      await onComplete(frames.join("") + (sentinel === undefined ? "" : frame(sentinel)));
    if (sentinel !== undefined) enqueue(frame(sentinel));
  } catch (thrown) {
    if (!res.headersSent && pending === "") throw thrown;
    const error = toGatewayError(thrown);
    onFailure?.(error);
    if (toFailureEvents === undefined) enqueue(frame(serializeEvent(toErrorBody(error))));
    else for (const event of toFailureEvents(error)) enqueueEvent(event);
  } finally {
    clearTimeout(headersTimer);
    clearInterval(keepAliveTimer);
  }
  // The last events and the end are one write.
  clearImmediate(scheduledFlush);
  await waitForReads();
  flush();
  res.end();
}

/** `onlyFirst`: the headers are the whole response. */
async function pushAll(
  events: AsyncIterable<unknown>,
  sink: Required<Sink<unknown>>,
  onlyFirst: boolean,
): Promise<void> {
  for await (const event of events) {
    sink.emit(event);
    if (onlyFirst) return;
    const ready = sink.ready();
    if (ready !== undefined) await ready;
  }
}

function readEventId(event: unknown): string | undefined {
  const { id } = event as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}
