/** Deletes the old rows of a table that grows quickly, beside the hourly cleanup. */
import { describeError } from "../../../lib/errors.ts";
import type { Log } from "../../../lib/ports.ts";

const intervalMs = 60_000;

/** Returns a function for each use of the table. It starts the cleanup at most once a minute, and does not wait for it. */
export function createSweep(task: string, cleanUp: () => Promise<void>, log: Log | undefined): () => void {
  let sweptAt = performance.now();
  return () => {
    if (performance.now() - sweptAt < intervalMs) return;
    sweptAt = performance.now();
    cleanUp().catch((error: unknown) =>
      log?.warn("the store could not be cleaned up", { task, cause: describeError(error) }),
    );
  };
}
