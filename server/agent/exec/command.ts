/** One command from its start until it and everything that it has started are gone. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createOutputBuffer, createTextReader, type OutputBuffer } from "./output-buffer.ts";
import type { ListProcesses } from "./process-table.ts";
import { endTree } from "./process-tree.ts";
import type { Argv } from "./shell.ts";

interface CommandParts {
  readonly argv: Argv;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** In `env` too. */
  readonly mark: string;
  /** Else it reads from /dev/null. */
  readonly takesInput: boolean;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly listProcesses: ListProcesses;
  readonly onOutput: (text: string) => void;
}

/** Why a command was ended before it ended by itself. */
export type StopReason = "timeout" | "aborted" | "killed" | "shutdown";

export interface CommandEnd {
  /** Both null when it was not seen to end. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped: StopReason | undefined;
  readonly durationMs: number;
  /** False when a process of it is left that could not be ended. */
  readonly allGone: boolean;
}

export interface Command {
  readonly pid: number;
  readonly output: OutputBuffer;
  readonly input: Writable | undefined;
  /** Undefined while it runs. */
  readonly end: CommandEnd | undefined;
  /** Never rejects. */
  readonly ended: Promise<CommandEnd>;
  stop(reason: StopReason): void;
  /** It goes on in the background: what it leaves behind may stay as long as it holds the output. */
  linger(timeoutMs: number): void;
}

/** For what the shell leaves behind to end by itself: a `tee` that has not written all. */
const lastWordsMs = 100;
/** For output that is on its way when all is over. Longer is only waited where somebody escaped and holds the pipe. */
const closingMs = 1_000;
/** A command that floods is read in turns, so that others get theirs. */
const floodPauseMs = 2;

/** Rejects when the system cannot start it. */
export async function startCommand(parts: CommandParts): Promise<Command> {
  const { argv, folder, env, mark, takesInput, listProcesses } = parts;
  const [program, ...args] = argv;
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env,
    detached: true,
    stdio: [takesInput ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").catch(() => {});
  const closed = once(child, "close").catch(() => {});
  const output = collect(child, parts);
  await once(child, "spawn");
  // Whatever goes wrong from here on shows in how it ends.
  child.on("error", () => {});
  child.stdin?.on("error", () => {});

  const leader = child.pid ?? 0;
  let lingers = false;
  let ending = false;
  let end: CommandEnd | undefined;
  let stopped: StopReason | undefined;
  let wake = (): void => {};
  const stopping = new Promise<void>((resolve) => (wake = resolve));
  const stop = (reason: StopReason): void => {
    if (!ending) stopped ??= reason;
    wake();
  };
  const limit = (ms: number): NodeJS.Timeout =>
    setTimeout(() => stop("timeout"), Math.max(0, startedAt + ms - performance.now()));
  let timer = limit(parts.timeoutMs);

  const follow = async (): Promise<CommandEnd> => {
    await Promise.race([exited, stopping]);
    if (stopped === undefined) await Promise.race([closed, stopping, pause(lastWordsMs)]);
    // Asked only now: a shell may be gone before its caller could say that it lingers.
    if (lingers) await Promise.race([closed, stopping]);
    ending = true;
    clearTimeout(timer);
    const allGone = await endTree({ leader, mark }, listProcesses);
    await Promise.race([closed, pause(closingMs)]);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    const durationMs = Math.round(performance.now() - startedAt);
    end = { exitCode: child.exitCode, signal: child.signalCode, stopped, durationMs, allGone };
    return end;
  };

  return {
    pid: leader,
    output,
    input: child.stdin ?? undefined,
    get end() {
      return end;
    },
    ended: follow(),
    stop,
    linger(timeoutMs) {
      lingers = true;
      clearTimeout(timer);
      if (!ending) timer = limit(timeoutMs);
    },
  };
}

/** Waits for the end, but no longer than this, and not when aborted. */
export async function endWithin(
  { ended }: Command,
  ms: number,
  signal?: AbortSignal,
): Promise<CommandEnd | undefined> {
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]);
  const patience = sleep(ms, undefined, { signal: either }).catch(() => undefined);
  const end = await Promise.race([ended, patience]);
  over.abort();
  return end;
}

function collect(child: ChildProcess, { maxOutputBytes, onOutput }: CommandParts): OutputBuffer {
  const output = createOutputBuffer(maxOutputBytes);
  for (const stream of [child.stdout, child.stderr]) {
    const read = createTextReader();
    stream?.on("error", () => {});
    stream?.on("data", (chunk: Buffer) => {
      const room = maxOutputBytes - output.total;
      output.append(chunk);
      if (room > 0) onOutput(read(chunk.subarray(0, room)));
      if (room > chunk.length) return;
      stream.pause();
      setTimeout(() => stream.resume(), floodPauseMs);
    });
  }
  return output;
}

function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}
