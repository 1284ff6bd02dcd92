/** Writes a stream of events as SSE: when the headers leave, signs of life, back-pressure, failure. Knows no event. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { frame, keepAliveFrame } from "../../contracts/sse.ts";
import { toGatewayError } from "../errors.ts";
import { errorBody } from "./errors.ts";

export interface StreamLimits {
  /** Headers leave after this time even if nothing has happened yet. */
  readonly headersAfterMs: number;
  /** A comment is written after this much silence. */
  readonly keepAliveMs: number;
  /** Bytes that may wait for a slow reader before the source is paused. */
  readonly maxUnreadBytes: number;
  /** A reader that has read nothing for this long is cut. */
  readonly slowReaderMs: number;
}

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Resolves when the stream has ended, well or with an error frame. Throws what `events` throws as long as
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
    if (pending === "" || res.destroyed) return;
    start();
    res.write(pending);
    pending = "";
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
      write(frame(JSON.stringify(event)));
      if (pending.length + res.writableLength > limits.maxUnreadBytes) {
        flush();
        await readerCaughtUp(res, limits);
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

async function readerCaughtUp(res: ServerResponse, limits: StreamLimits): Promise<void> {
  if (res.destroyed || res.writableLength < limits.maxUnreadBytes) return;
  const cut = setTimeout(() => res.destroy(), limits.slowReaderMs);
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  res.once("close", onClose);
  try {
    await once(res, "drain", { signal: gone.signal });
  } catch {
    // The reader has left or was cut; the run hears of it by its own signal.
  } finally {
    clearTimeout(cut);
    res.off("close", onClose);
  }
}
