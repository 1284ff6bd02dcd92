/** Runs a module with one input in a worker thread. Terminates the thread when it exceeds its time or memory. */
import { once } from "node:events";
import { extname } from "node:path";
import { setInterval as intervals } from "node:timers/promises";
import { Worker } from "node:worker_threads";

export interface ThreadTask {
  /** URL of a module that posts one message, its result. The extension `.ts` becomes `.js` in a build. */
  readonly module: URL;
  readonly input: unknown;
  /** Limit of the thread's processor time, in milliseconds. A thread is also ended after ten times as long. */
  readonly maxCpuMs: number;
  readonly maxMemoryMb: number;
  readonly signal: AbortSignal;
}

export type ThreadOutcome<T> =
  { readonly value: T } | { readonly exceededLimit: Limit } | { readonly error: Error };

type Limit = "time" | "memory";

const checkIntervalMs = 100;
/** The longest time of a thread, as a multiple of `maxCpuMs`. A thread that waits uses no processor time. */
const maxWaitFactor = 10;

/** Bytes in use of the threads at work, as of their last checks. */
const usedBytes = new Map<Worker, number>();

/** Returns the bytes that all threads use. V8's statistics of the main thread do not include them. */
export const sumThreadBytes = (): number => usedBytes.values().reduce((sum, bytes) => sum + bytes, 0);

/** Resolves after the thread has exited. Throws only the reason of an aborted `signal`. */
export async function runInThread<T>(task: ThreadTask): Promise<ThreadOutcome<T>> {
  const { signal, maxCpuMs, maxMemoryMb } = task;
  signal.throwIfAborted();
  const worker = new Worker(toRunningExtension(task.module), {
    workerData: task.input,
    // At the limit Node grants the thread another 16 MB until it is terminated. Objects that survive one young
    // generation collection must fit into them, or V8 aborts the whole process.
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 8 },
    // Code that parses untrusted documents gets no secrets from the environment and cannot write to the output.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const settledSignal = new AbortController();
  const outcome = Promise.withResolvers<ThreadOutcome<T>>();
  worker.once("message", (value: T) => outcome.resolve({ value }));
  worker.on("error", (error: Error & { code?: string }) =>
    outcome.resolve(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? { exceededLimit: "memory" } : { error }),
  );
  worker.once("exit", () => outcome.resolve({ error: new Error("the thread ended without a result") }));
  const timer = setTimeout(() => outcome.resolve({ exceededLimit: "time" }), maxCpuMs * maxWaitFactor);
  const onAbort = (): void => outcome.reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  void waitForExcess(worker, task, settledSignal.signal).then(
    (exceededLimit) => outcome.resolve({ exceededLimit }),
    // The check was aborted because the thread ended.
    () => {},
  );
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    settledSignal.abort();
    await worker.terminate();
    usedBytes.delete(worker);
  }
}

/** Resolves to the limit that the thread exceeds. `resourceLimits` covers objects, but not the bytes of buffers. */
async function waitForExcess(
  worker: Worker,
  { maxCpuMs, maxMemoryMb }: ThreadTask,
  signal: AbortSignal,
): Promise<Limit> {
  // The statistics reject before the thread has started, and that would end the checks.
  await once(worker, "online", { signal });
  for await (const _ of intervals(checkIntervalMs, undefined, { signal })) {
    const [{ used_heap_size, external_memory }, { user, system }] = await Promise.all([
      worker.getHeapStatistics(),
      worker.cpuUsage(),
    ]);
    signal.throwIfAborted();
    usedBytes.set(worker, used_heap_size + external_memory);
    if (used_heap_size + external_memory > maxMemoryMb * 1_048_576) return "memory";
    if ((user + system) / 1_000 > maxCpuMs) return "time";
  }
  throw signal.reason;
}

/** Returns the module with the extension of this file: `.ts` from source, `.js` in a build. */
function toRunningExtension(module: URL): URL {
  const { href } = module;
  return new URL(href.slice(0, -extname(href).length) + extname(import.meta.url));
}
