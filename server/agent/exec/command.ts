/** Runs one command until it and every process it has started have ended. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createOutputBuffer, createTextDecoder, type OutputBuffer } from "./output-buffer.ts";
import type { CommandGroup } from "./command-groups.ts";
import type { ListProcesses } from "./process-table.ts";
import { terminateTree } from "./process-tree.ts";
import type { Argv } from "./shell.ts";

interface CommandOptions {
  readonly argv: Argv;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Identifies the command's processes; also in `env`. */
  readonly mark: string;
  readonly group: CommandGroup | undefined;
  /** False: its standard input is /dev/null. */
  readonly hasInput: boolean;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly listProcesses: ListProcesses;
  readonly onOutput: (text: string) => void;
}

/** Why a command was stopped. */
export type StopReason = "timeout" | "aborted" | "killed" | "shutdown";

export interface CommandEnd {
  /** `exitCode` and `signal` are null if the end of the shell was not observed. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped: StopReason | undefined;
  readonly durationMs: number;
  /** False if one of its processes could not be ended. */
  readonly isTreeEnded: boolean;
}

export interface Command {
  readonly pid: number;
  readonly output: OutputBuffer;
  readonly input: Writable | undefined;
  /** Undefined while it runs. */
  getEnd(): CommandEnd | undefined;
  /** Never rejects. */
  readonly ended: Promise<CommandEnd>;
  stop(reason: StopReason): void;
  /** In the background, child processes can outlive the shell as long as they hold the output pipe open. */
  moveToBackground(timeoutMs: number): void;
}

/** Time for child processes to end after the shell, such as a `tee` that still writes. */
const drainMs = 100;
/** Time to read remaining output after all processes have ended. An escaped process can hold the pipe open. */
const closeTimeoutMs = 1_000;
/** Pause between reads of a command that exceeds the output limit, so that it does not block the event loop. */
const floodPauseMs = 2;

/** Rejects if the system cannot start the process. */
export async function startCommand(options: CommandOptions): Promise<Command> {
  const { argv, folder, env, mark, group, hasInput, listProcesses } = options;
  const [program, ...args] = argv;
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env,
    detached: true,
    stdio: [hasInput ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").catch(() => {});
  const closed = once(child, "close").catch(() => {});
  const output = collectOutput(child, options);
  await once(child, "spawn");
  // Later errors show in how the command ends.
  child.on("error", () => {});
  child.stdin?.on("error", () => {});

  const leader = child.pid ?? 0;
  let isInBackground = false;
  let isEnding = false;
  let end: CommandEnd | undefined;
  let stopped: StopReason | undefined;
  let requestStop = (): void => {};
  const stopRequested = new Promise<void>((resolve) => (requestStop = resolve));
  const stop = (reason: StopReason): void => {
    if (!isEnding) stopped ??= reason;
    requestStop();
  };
  const startTimer = (ms: number): NodeJS.Timeout =>
    setTimeout(() => stop("timeout"), Math.max(0, startedAt + ms - performance.now()));
  let timer = startTimer(options.timeoutMs);

  const waitForTreeEnd = async (): Promise<CommandEnd> => {
    await Promise.race([exited, stopRequested]);
    if (stopped === undefined) await Promise.race([closed, stopRequested, wait(drainMs)]);
    // Checked only now: the shell can exit before its caller moves the command to the background.
    if (isInBackground) await Promise.race([closed, stopRequested]);
    isEnding = true;
    clearTimeout(timer);
    const isTreeEnded = await terminateTree({ leader, mark, group }, listProcesses);
    group?.remove();
    await Promise.race([closed, wait(closeTimeoutMs)]);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    const durationMs = Math.round(performance.now() - startedAt);
    end = { exitCode: child.exitCode, signal: child.signalCode, stopped, durationMs, isTreeEnded };
    return end;
  };

  return {
    pid: leader,
    output,
    input: child.stdin ?? undefined,
    getEnd: () => end,
    ended: waitForTreeEnd(),
    stop,
    moveToBackground(timeoutMs) {
      isInBackground = true;
      clearTimeout(timer);
      if (!isEnding) timer = startTimer(timeoutMs);
    },
  };
}

/** Resolves to undefined if the command does not end within `ms` or the signal is aborted. */
export async function waitForEnd(
  { ended }: Command,
  ms: number,
  signal?: AbortSignal,
): Promise<CommandEnd | undefined> {
  const done = new AbortController();
  const combined = AbortSignal.any([done.signal, ...(signal === undefined ? [] : [signal])]);
  const timeout = sleep(ms, undefined, { signal: combined }).catch(() => undefined);
  const end = await Promise.race([ended, timeout]);
  done.abort();
  return end;
}

function collectOutput(child: ChildProcess, { maxOutputBytes, onOutput }: CommandOptions): OutputBuffer {
  const output = createOutputBuffer(maxOutputBytes);
  for (const stream of [child.stdout, child.stderr]) {
    const decode = createTextDecoder();
    stream?.on("error", () => {});
    stream?.on("data", (chunk: Buffer) => {
      const remaining = maxOutputBytes - output.countTotal();
      output.append(chunk);
      if (remaining > 0) onOutput(decode(chunk.subarray(0, remaining)));
      if (remaining > chunk.length) return;
      stream.pause();
      setTimeout(() => stream.resume(), floodPauseMs);
    });
  }
  return output;
}

function wait(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}
