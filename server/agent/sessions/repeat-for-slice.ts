/** Divides long work of the store into slices, so that it does not hold the event loop. */
import { performance } from "node:perf_hooks";

/** A slice ends after the batch that reaches this time, and is committed afterwards. */
const sliceMs = 2;

/** Repeats the batch until it returns 0 or the slice is full. Returns the sum. */
export async function repeatForSlice(runBatch: () => Promise<number>): Promise<number> {
  const endsAt = performance.now() + sliceMs;
  let sum = 0;
  for (;;) {
    const count = await runBatch();
    sum += count;
    if (count === 0 || performance.now() >= endsAt) return sum;
  }
}
