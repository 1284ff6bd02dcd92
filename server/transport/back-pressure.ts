/** Back-pressure: waits until a client has read enough, and cuts a client that reads nothing. */
import type { ServerResponse } from "node:http";

export interface BackPressureLimits {
  /** Unread bytes after which the source is paused. */
  readonly maxUnreadBytes: number;
  /** Milliseconds without progress after which the connection is cut. */
  readonly slowReaderMs: number;
}

/** Resolves when there is room for more, or the connection has closed. */
export async function waitForDrain(
  res: ServerResponse,
  { maxUnreadBytes, slowReaderMs }: BackPressureLimits,
): Promise<void> {
  if (res.closed || res.writableLength < maxUnreadBytes) return;
  await waitForEvent(res, "drain", slowReaderMs);
  res.setTimeout(0);
}

/** Resolves when an ended response has been sent completely, or the connection has closed. */
export async function waitForFlush(res: ServerResponse, { slowReaderMs }: BackPressureLimits): Promise<void> {
  // In most cases the kernel has accepted everything already.
  if (res.closed || res.writableLength === 0) return;
  await waitForEvent(res, "close", slowReaderMs);
}

function waitForEvent(res: ServerResponse, event: "drain" | "close", slowReaderMs: number): Promise<void> {
  // Node closes a socket after this time without activity. Every byte sent restarts the timer.
  res.setTimeout(slowReaderMs);
  return new Promise((resolve) => {
    const onEvent = (): void => {
      res.off(event, onEvent).off("close", onEvent);
      resolve();
    };
    res.once(event, onEvent);
    if (event !== "close") res.once("close", onEvent);
  });
}
