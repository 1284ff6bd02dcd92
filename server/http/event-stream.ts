/** Writes a stream of events as SSE: when the headers leave, signs of life, back-pressure, failure. Knows no event. */
import type { ServerResponse } from "node:http";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { frame, keepAliveFrame, retryFrame } from "../../contracts/sse.ts";
import { toGatewayError, type GatewayError } from "../errors.ts";
import { encode, typeOfEncoded } from "./encoded.ts";
import { errorBody } from "./errors.ts";
import { readOn, type ReaderLimits } from "./reader.ts";

export interface StreamLimits extends ReaderLimits {
  /** Headers leave after this time even if nothing has happened yet. */
  readonly headersAfterMs: number;
  /** A comment is written after this much silence. */
  readonly keepAliveMs: number;
}

export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

const longText = 16_384;
/** Characters that wait for others to leave with them. */
const maxPending = 65_536;

/** How events become frames. */
interface Framing {
  readonly sentinel?: Endpoint["sentinel"] | undefined;
  readonly eventNames?: Endpoint["eventNames"] | undefined;
  readonly resumable?: Endpoint["resumable"] | undefined;
  /** Events that tell of a failure; without it that is one error frame. */
  readonly failure?: ((error: GatewayError) => Iterable<unknown>) | undefined;
  /** Is given the whole text of a stream that did not fail, before its end leaves. */
  readonly keep?: ((text: string) => Promise<void>) | undefined;
}

/**
 * Resolves when the stream was ended, well or with its failure. Throws what `events` throws as long as
 * the headers have not left, so that it can still be an ordinary error response.
 */
export async function sendEvents(
  res: ServerResponse,
  events: AsyncIterable<unknown>,
  { sentinel, eventNames, resumable, failure, keep }: Framing,
  limits: StreamLimits,
): Promise<void> {
  const written: string[] = [];
  let pending = "";
  let flushScheduled = false;

  const start = (): void => {
    if (!res.headersSent) res.writeHead(200, streamHeaders);
  };
  const flush = (): void => {
    flushScheduled = false;
    const text = pending;
    pending = "";
    if (text === "" || res.destroyed) return;
    start();
    // Of a long string that the kernel does not take at once, Node holds three times its size.
    res.write(text.length < longText ? text : Buffer.from(text));
    keepAlive.refresh();
  };
  /** Events that arrive together leave in one write. */
  const write = (text: string): void => {
    if (keep !== undefined) written.push(text);
    pending += text;
    if (pending.length >= maxPending) return flush();
    if (flushScheduled) return;
    flushScheduled = true;
    setImmediate(flush);
  };
  const writeEvent = (event: unknown): void => {
    const data = encode(event);
    const name = eventNames === undefined ? undefined : typeOfEncoded(data);
    write(frame(data, name, resumable && idOf(event)));
  };
  const early = setTimeout(() => {
    start();
    res.flushHeaders();
  }, limits.headersAfterMs);
  const keepAlive = setInterval(() => {
    if (res.headersSent && !res.writableEnded && !res.destroyed) res.write(keepAliveFrame);
  }, limits.keepAliveMs);

  let begun = false;
  try {
    for await (const event of events) {
      if (resumable !== undefined && !begun) write(retryFrame(resumable.retryMs));
      begun = true;
      writeEvent(event);
      if (res.req.method === "HEAD") break;
      if (pending.length + res.writableLength > limits.maxUnreadBytes) {
        flush();
        await readOn(res, limits);
      }
    }
    if (keep !== undefined) await keep(written.join("") + (sentinel === undefined ? "" : frame(sentinel)));
    if (sentinel !== undefined) write(frame(sentinel));
  } catch (thrown) {
    if (!res.headersSent && pending === "") throw thrown;
    const error = toGatewayError(thrown);
    if (failure === undefined) write(frame(encode(errorBody(error))));
    else for (const event of failure(error)) writeEvent(event);
  } finally {
    clearTimeout(early);
    clearInterval(keepAlive);
  }
  flush();
  res.end();
}

function idOf(event: unknown): string | undefined {
  const { id } = event as { readonly id?: unknown };
  return typeof id === "string" ? id : undefined;
}
