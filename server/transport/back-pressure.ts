/** Decides when to write to a client: after the reads of the event loop, and no faster than it reads. Cuts a client that reads nothing. */
import type { ServerResponse } from "node:http";

export interface BackPressureLimits {
  /** Unread bytes after which the source is paused. */
  readonly maxUnreadBytes: number;
  /** Milliseconds without progress after which the connection is cut. */
  readonly slowReaderMs: number;
}

/**
 * Resolves when the reads of this turn of the event loop are done. Responses that wait for it are written in a row: the first
 * write wakes the process of a client on this machine, and the others find it awake. Each wake-up costs an eighth of the CPU
 * time of a request.
 */
export const waitForReads = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Resolves when there is room for more, or the connection has closed. */
export async function waitForDrain(
  res: ServerResponse,
  { maxUnreadBytes, slowReaderMs }: BackPressureLimits,
): Promise<void> {
  if (res.closed || res.writableLength < maxUnreadBytes) return;
  await waitForEvent(res, "drain", slowReaderMs);
}

/** Resolves when an ended response has been sent completely, or the connection has closed. */
export async function waitForFlush(res: ServerResponse, { slowReaderMs }: BackPressureLimits): Promise<void> {
  // In most cases the kernel has accepted everything already.
  if (res.closed || res.writableLength === 0) return;
  await waitForEvent(res, "close", slowReaderMs);
}

/** Progress is looked for this often in the time of a slow reader, so the cut is at most one part late. */
const checksPerLimit = 12;

function waitForEvent(res: ServerResponse, event: "drain" | "close", slowReaderMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stopWatching = watchProgress(res, slowReaderMs);
    const onEvent = (): void => {
      stopWatching();
      res.off(event, onEvent).off("close", onEvent);
      resolve();
    };
    res.once(event, onEvent);
    if (event !== "close") res.once("close", onEvent);
  });
}

/**
 * Cuts the connection when the client has read nothing for the time limit. Node's socket timer alone would cut after up to
 * twice its time, since it first has to see that a write is stalled: here it only reports a short time without progress.
 */
function watchProgress(res: ServerResponse, slowReaderMs: number): () => void {
  const intervalMs = Math.ceil(slowReaderMs / checksPerLimit);
  let idleChecks = 0;
  let lastCheckAt = 0;
  const onTimeout = (): void => {
    const now = performance.now();
    // A check that comes late was put off by progress.
    idleChecks = now - lastCheckAt > 1.5 * intervalMs ? 1 : idleChecks + 1;
    lastCheckAt = now;
    if (idleChecks >= checksPerLimit) res.destroy();
    else res.setTimeout(intervalMs);
  };
  res.on("timeout", onTimeout).setTimeout(intervalMs);
  return () => void res.off("timeout", onTimeout).setTimeout(0);
}
