/** Starts one worker of a gateway: this program once more, with a channel for messages and one for its log. */
import cluster, { type Worker } from "node:cluster";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { passHiddenEnvironment } from "../hide-environment.ts";
import { logDescriptor, type PrimaryMessage, type WorkerMessage } from "./messages.ts";
import { toWorkerVariable, type WorkerData } from "./worker-data.ts";

export interface WorkerExit {
  /** Null after a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the process could not be started. */
  readonly error?: string;
}

export interface ForkedWorker {
  readonly pid: number | undefined;
  /** Does nothing when the worker has ended. */
  send(message: PrimaryMessage): void;
  kill(): void;
  /** Resolves when the process has ended and its log was read. */
  readonly exited: Promise<WorkerExit>;
}

interface ForkOptions extends WorkerData {
  readonly onMessage: (worker: ForkedWorker, message: WorkerMessage) => void;
  /** Takes each line of the log with its end. A line that the worker could not finish is left out. */
  readonly onLogLine: (line: string) => void;
}

/** Time to read the log after the end. A process that the worker has left behind could hold it open. */
const maxLogReadMs = 1_000;

export function forkWorker({ onMessage, onLogLine, ...data }: ForkOptions): ForkedWorker {
  const { env, input } = passHiddenEnvironment(process.env);
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: process.argv[1] ?? "",
    args: process.argv.slice(2),
    stdio: [input ?? "ignore", "inherit", "inherit", "ipc", "pipe"],
  });
  const worker = cluster.fork({ ...env, ...toWorkerVariable(data) });
  if (input !== undefined) closeSync(input);
  const lines = worker.process.stdio[logDescriptor] as Readable | null | undefined;
  if (lines) readLines(lines, onLogLine);
  const forked: ForkedWorker = {
    pid: worker.process.pid,
    send: (message) => void (worker.isConnected() && worker.send(message)),
    kill: () => void worker.process.kill("SIGKILL"),
    exited: waitForExit(worker).then(async (exit) => {
      if (lines)
        await Promise.race([finished(lines, { writable: false }).catch(() => {}), sleep(maxLogReadMs)]);
      return exit;
    }),
  };
  worker.on("message", (message: WorkerMessage) => onMessage(forked, message));
  return forked;
}

/** A process that could not be started has an error, and no exit. */
function waitForExit(worker: Worker): Promise<WorkerExit> {
  return new Promise((resolve) => {
    worker.once("exit", (code: number | null, signal: string | null) => resolve({ code, signal }));
    worker.on("error", (error: Error) => {
      if (worker.process.pid === undefined) resolve({ code: 1, signal: null, error: error.message });
    });
  });
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(`${line}\n`);
  });
}
