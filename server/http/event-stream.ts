/** Writes a stream of events as SSE: when the headers leave, signs of life, back-pressure, failure. Knows no event. */
import type { ServerResponse } from "node:http";
import { frame, keepAliveFrame } from "../../contracts/sse.ts";
import { toGatewayError } from "../errors.ts";
import { errorBody } from "./errors.ts";
import { readOn, type ReaderLimits } from "./reader.ts";

export interface StreamLimits extends ReaderLimits {
  /** Headers leave after this time even if nothing has happened yet. */
  readonly headersAfterMs: number;
  /** A comment is written after this much silence. */
  readonly keepAliveMs: number;
}

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Resolves when the stream was ended, well or with an error frame. Throws what `events` throws as long as
 * the headers have not left, so that it can still be an ordinary error response.
 */
export async function sendEvents(
  res: ServerResponse,
  events: AsyncIterable<unknown>,
  sentinel: string | undefined,
  limits: StreamLimits,
): Promise<void> {
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
    res.write(text);
    keepAlive.refresh();
  };
  /** Events that arrive together leave in one write. */
  const write = (text: string): void => {
    pending += text;
    if (flushScheduled) return;
    flushScheduled = true;
    setImmediate(flush);
  };
  const early = setTimeout(() => {
    start();
    res.flushHeaders();
  }, limits.headersAfterMs);
  const keepAlive = setInterval(() => {
    if (res.headersSent && !res.writableEnded && !res.destroyed) res.write(keepAliveFrame);
  }, limits.keepAliveMs);

  try {
    for await (const event of events) {
      // A string is an `Encoded` event: contracts have objects only.
      write(frame(typeof event === "string" ? event : JSON.stringify(event)));
      if (pending.length + res.writableLength > limits.maxUnreadBytes) {
        flush();
        await readOn(res, limits);
      }
    }
    if (sentinel !== undefined) write(frame(sentinel));
  } catch (thrown) {
    if (!res.headersSent && pending === "") throw thrown;
    write(frame(JSON.stringify(errorBody(toGatewayError(thrown)))));
  } finally {
    clearTimeout(early);
    clearInterval(keepAlive);
  }
  flush();
  res.end();
}
