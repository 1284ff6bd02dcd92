/** Whoever reads a response: waiting until they have read on, and an end to the wait when they read nothing. */
import type { ServerResponse } from "node:http";

export interface ReaderLimits {
  /** Bytes that may wait for a slow reader before the source is paused. */
  readonly maxUnreadBytes: number;
  /** A reader that has read nothing for this long is cut. */
  readonly slowReaderMs: number;
}

/** Resolves when there is room for more, or the reader is gone: by themselves, or cut. */
export async function readOn(
  res: ServerResponse,
  { maxUnreadBytes, slowReaderMs }: ReaderLimits,
): Promise<void> {
  if (res.closed || res.writableLength < maxUnreadBytes) return;
  await eventOrClose(res, "drain", slowReaderMs);
  res.setTimeout(0);
}

/** Resolves when a response that was ended has left whole, or the reader is gone: by themselves, or cut. */
export async function delivered(res: ServerResponse, { slowReaderMs }: ReaderLimits): Promise<void> {
  // Nearly always the kernel has taken all of it by now.
  if (res.closed || res.writableLength === 0) return;
  await eventOrClose(res, "close", slowReaderMs);
}

function eventOrClose(res: ServerResponse, event: "drain" | "close", slowReaderMs: number): Promise<void> {
  // Node destroys a socket on which nothing has moved for this time; its clock starts again with every byte that leaves.
  res.setTimeout(slowReaderMs);
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off(event, settle).off("close", settle);
      resolve();
    };
    res.once(event, settle);
    if (event !== "close") res.once("close", settle);
  });
}
