/** Keeps the workers of a gateway running: starts them, and replaces those that end before they have to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../server/lib/ports.ts";
import { exitFailure, exitOk } from "../exit-codes.ts";
import type { ForkedWorker, WorkerExit } from "./fork-worker.ts";

export interface Supervisor {
  /**
   * Starts the first worker, then the others. Resolves to the gateway's URL when each has started or has failed once, or to
   * the exit code of the first one, when it could not start.
   */
  start(): Promise<{ readonly url: string } | { readonly exitCode: number }>;
  list(): readonly ForkedWorker[];
  /** Tells all workers to stop, and kills those that have not after `maxMs`. Resolves to the exit code of the gateway. */
  stop(maxMs: number): Promise<number>;
}

interface SuperviseOptions {
  readonly count: number;
  /** Starts a process. `onStart` is called with its URL once it listens. */
  readonly fork: (place: {
    readonly number: number;
    readonly onStart: (url: string) => void;
  }) => ForkedWorker;
  readonly onExit: (worker: ForkedWorker) => void;
  readonly log: Log;
}

interface LaunchedWorker {
  readonly worker: ForkedWorker;
  /** Resolves to the URL, or to undefined when the worker has ended without having listened. */
  readonly started: Promise<string | undefined>;
  readonly launchedAt: number;
}

/** A worker that lived for less has failed at its start, or soon after it. */
const shortLifeMs = 10_000;
const firstDelayMs = 1_000;
const maxDelayMs = 30_000;

export function createSupervisor({ count, fork, onExit, log }: SuperviseOptions): Supervisor {
  const running = new Set<ForkedWorker>();
  const stopping = new AbortController();

  const launch = (number: number): LaunchedWorker => {
    const { promise: started, resolve } = Promise.withResolvers<string | undefined>();
    const worker = fork({ number, onStart: resolve });
    running.add(worker);
    void worker.exited.finally(() => {
      running.delete(worker);
      onExit(worker);
      resolve(undefined);
    });
    return { worker, started, launchedAt: performance.now() };
  };

  /** Resolves when the gateway stops. */
  const keepRunning = async (number: number, first: LaunchedWorker): Promise<void> => {
    let { worker, launchedAt } = first;
    for (let failures = 0; ;) {
      const exit = await worker.exited;
      if (stopping.signal.aborted) return;
      failures = performance.now() - launchedAt < shortLifeMs ? failures + 1 : 0;
      const delayMs = failures === 0 ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
      reportExit(number, worker.pid, exit, delayMs);
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      ({ worker, launchedAt } = launch(number));
    }
  };
  const reportExit = (number: number, pid: number | undefined, exit: WorkerExit, delayMs: number): void => {
    const { code, signal, error } = exit;
    log.error("a worker has ended and is replaced", { worker: number, pid, code, signal, error, delayMs });
  };

  return {
    list: () => [...running],
    async start() {
      const first = launch(1);
      const url = await first.started;
      if (url === undefined) return { exitCode: toExitCode(await first.worker.exited) };
      void keepRunning(1, first);
      if (stopping.signal.aborted) return { url };
      const numbers = Array.from({ length: count - 1 }, (_, index) => index + 2);
      const laterWorkers = numbers.map((number) => ({ number, launched: launch(number) }));
      for (const { number, launched } of laterWorkers) void keepRunning(number, launched);
      await Promise.all(laterWorkers.map(({ launched }) => launched.started));
      return { url };
    },
    async stop(maxMs) {
      stopping.abort();
      for (const worker of running) worker.send({ type: "stop" });
      const killTimer = setTimeout(() => {
        log.error("workers were killed, because they did not stop in time", { workers: running.size });
        for (const worker of running) worker.kill();
      }, maxMs);
      const codes = await Promise.all([...running].map(async ({ exited }) => toExitCode(await exited)));
      clearTimeout(killTimer);
      return codes.find((code) => code !== exitOk) ?? exitOk;
    },
  };
}

const toExitCode = ({ code }: WorkerExit): number => code ?? exitFailure;
