/** Runs a module over one input in a thread of its own, which is ended when it takes more time or memory than it may. */
import { extname } from "node:path";
import { setInterval as ticks } from "node:timers/promises";
import { Worker } from "node:worker_threads";

export interface ThreadTask {
  /** Of a module that posts one message: its result. `.ts` from source, `.js` when built. */
  readonly module: URL;
  readonly input: unknown;
  readonly timeMs: number;
  readonly memoryMb: number;
  readonly signal: AbortSignal;
}

export type ThreadOutcome<T> =
  { readonly value: T } | { readonly exceeded: "time" | "memory" } | { readonly failed: Error };

const memoryCheckMs = 100;

/** Resolves when the thread is gone. Throws only the reason of an aborted `signal`. */
export async function inThread<T>(task: ThreadTask): Promise<ThreadOutcome<T>> {
  const { signal, timeMs, memoryMb } = task;
  signal.throwIfAborted();
  const worker = new Worker(asRunning(task.module), {
    workerData: task.input,
    // At the limit Node gives a thread 16 MB more until it is ended. What survives one collection of young objects has
    // to fit in there, or the whole process is aborted.
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8 },
    // What reads documents of strangers has no use for the gateway's secrets and no say in its output.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const settled = new AbortController();
  const outcome = Promise.withResolvers<ThreadOutcome<T>>();
  worker.once("message", (value: T) => outcome.resolve({ value }));
  worker.on("error", (error: Error & { code?: string }) =>
    outcome.resolve(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? { exceeded: "memory" } : { failed: error }),
  );
  worker.once("exit", () => outcome.resolve({ failed: new Error("the thread ended without a result") }));
  const timer = setTimeout(() => outcome.resolve({ exceeded: "time" }), timeMs);
  const abandon = (): void => outcome.reject(signal.reason as Error);
  signal.addEventListener("abort", abandon, { once: true });
  void watchMemory(worker, memoryMb * 1_048_576, settled.signal).then(
    () => outcome.resolve({ exceeded: "memory" }),
    // The watch ends with the thread.
    () => {},
  );
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abandon);
    settled.abort();
    await worker.terminate();
  }
}

/** Resolves when there is too much: the limits of a thread hold for its objects, not for the bytes of its buffers. */
async function watchMemory(worker: Worker, most: number, signal: AbortSignal): Promise<void> {
  for await (const _ of ticks(memoryCheckMs, undefined, { signal })) {
    const { used_heap_size, external_memory } = await worker.getHeapStatistics();
    if (used_heap_size + external_memory > most) return;
  }
}

/** Node runs source as it is, and a build has its own files. */
function asRunning(module: URL): URL {
  const { href } = module;
  return new URL(href.slice(0, -extname(href).length) + extname(import.meta.url));
}
