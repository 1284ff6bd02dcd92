/** The process of an MCP server. It ends together with every process it has started. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { markVariable } from "../exec/environment.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import { terminateTree } from "../exec/process-tree.ts";

interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly listProcesses: ListProcesses;
}

export interface ServerProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  write(text: string): Promise<void>;
  /** Resolves when the process has ended and its output is read, to a text such as `ended with code 1`. */
  readonly ended: Promise<string>;
  /** Closes its input and terminates what has not exited then. Never rejects. */
  end(): Promise<void>;
}

/** Time for the process to exit by itself after its input is closed. */
const exitTimeoutMs = 1_000;
/** Time to read remaining output. A process outside the tree can keep the pipe open longer. */
const drainMs = 500;

/** Rejects if the system cannot start the process. */
export async function startServerProcess(options: ProcessOptions): Promise<ServerProcess> {
  const { command, args, env, cwd, listProcesses } = options;
  const mark = randomUUID();
  const child = spawn(command, args, { env: { ...env, [markVariable]: mark }, cwd, detached: true });
  // `once("spawn")` below rejects on an error; without a listener the error would also end the gateway.
  child.on("error", () => {});
  await once(child, "spawn");
  // A write to a process that has ended reports the error in its callback.
  child.stdin.on("error", () => {});

  const leader = child.pid ?? 0;
  const ended = waitForExit(child);
  let ending: Promise<void> | undefined;

  async function end(): Promise<void> {
    child.stdin.end();
    await waitAtMost(exitTimeoutMs, ended);
    // Also after the process has exited by itself: its child processes can still run.
    await terminateTree({ leader, mark, group: undefined }, listProcesses);
    await waitAtMost(drainMs, ended);
  }

  return {
    stdout: child.stdout,
    stderr: child.stderr,
    write: (text) =>
      new Promise((resolve, reject) => {
        child.stdin.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    ended,
    end: () => (ending ??= end()),
  };
}

async function waitForExit(child: ChildProcess): Promise<string> {
  const closed = once(child, "close").catch(() => {});
  const description = await new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
  });
  await waitAtMost(drainMs, closed);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return description;
}

async function waitAtMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const timeout = sleep(ms, undefined, { signal: stop.signal }).catch(() => {});
  await Promise.race([promise, timeout]);
  stop.abort();
}
