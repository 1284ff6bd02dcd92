/** A server's process: started, written to, and ended together with all that it has started. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { markName } from "../exec/environment.ts";
import type { ListProcesses } from "../exec/process-table.ts";
import { endTree } from "../exec/process-tree.ts";

interface ProcessSettings {
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
  /** Resolves when it has ended and its output is read, to how: `ended with code 1`. */
  readonly ended: Promise<string>;
  /** Closes its input, and ends what does not leave then. Never rejects. */
  end(): Promise<void>;
}

/** How long it may take to leave by itself. */
const leaveMs = 1_000;
/** Output that somebody else still holds open is given up after this time. */
const drainMs = 500;

/** Rejects when the system cannot start it. */
export async function startServerProcess(settings: ProcessSettings): Promise<ServerProcess> {
  const { command, args, env, cwd, listProcesses } = settings;
  const mark = randomUUID();
  const child = spawn(command, args, { env: { ...env, [markName]: mark }, cwd, detached: true });
  // It is told by `spawn` not coming; nobody listening would end the gateway.
  child.on("error", () => {});
  await once(child, "spawn");
  // A write to a process that has ended fails by itself.
  child.stdin.on("error", () => {});

  const leader = child.pid ?? 0;
  const ended = endOf(child);
  let ending: Promise<void> | undefined;

  async function end(): Promise<void> {
    child.stdin.end();
    await within(leaveMs, ended);
    // Also of one that has ended: whom it has left behind would go on for nobody.
    await endTree({ leader, mark }, listProcesses);
    await within(drainMs, ended);
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

async function endOf(child: ChildProcess): Promise<string> {
  const closed = once(child, "close").catch(() => {});
  const how = await new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
  });
  await within(drainMs, closed);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return how;
}

async function within(ms: number, event: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal }).catch(() => {});
  await Promise.race([event, late]);
  stop.abort();
}
