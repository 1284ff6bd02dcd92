/** The one who reads a response: waiting for them to read on, and an end to the wait when they read nothing. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Resolves when at most what the kernel holds is unread, or the reader is gone: by themselves, or cut. */
export async function readOn(res: ServerResponse, slowReaderMs: number): Promise<void> {
  if (!res.writableNeedDrain) return;
  await wait(res, "drain", slowReaderMs);
}

/** Resolves when a response that was ended has been handed over whole, or the reader is gone. */
export async function delivered(res: ServerResponse, slowReaderMs: number): Promise<void> {
  if (res.closed) return;
  await wait(res, "close", slowReaderMs);
}

async function wait(res: ServerResponse, event: "drain" | "close", slowReaderMs: number): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  // The socket's own clock starts again with every byte that leaves: only who reads nothing is cut.
  res.setTimeout(slowReaderMs, () => res.destroy());
  await Promise.race([once(res, event, { signal }), once(res, "close", { signal })]).catch(() => {
    // The connection failed: it is closed, and the run hears of it by its own signal.
  });
  over.abort();
}
