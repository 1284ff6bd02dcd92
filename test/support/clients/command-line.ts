/** Runs the command line: inside the test's process, or as its own process. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { runCommand } from "../../../cli/run-command.ts";
import { packageRoot } from "../../../server/lib/package.ts";

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `openclaw` with these arguments and only this environment. */
export async function run(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  input = "",
): Promise<CommandResult> {
  let out = "";
  let err = "";
  const code = await runCommand(args, {
    env,
    out: (line) => void (out += `${line}\n`),
    err: (line) => void (err += `${line}\n`),
    write: (text) => void (out += text),
    input: Readable.from(input === "" ? [] : [input]),
    inputType: input === "" ? undefined : "pipe",
    terminal: undefined,
    dim: (line) => void (err += `${line}\n`),
    onInterrupt: () => ({ undo: () => {} }),
  });
  return { code, out: out.replace(/\n$/, ""), err: err.replace(/\n$/, "") };
}

export interface CommandProcess {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves to the exit code when the process ends. */
  readonly code: Promise<number | null>;
}

/** Runs `openclaw` as a process. `input` is its complete stdin. */
export function start(env: NodeJS.ProcessEnv, args: readonly string[], input = ""): CommandProcess {
  return startProcess(env, [process.execPath, join(packageRoot, "cli/main.ts"), ...args], input);
}

/** Whether this machine has the program `script` of util-linux, which gives commands a terminal. */
export const hasTerminal = /util-linux/.test(
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "",
);
if (!hasTerminal) console.warn("Skipped: tests on a terminal need the program `script` of util-linux.");

export interface TerminalProcess extends CommandProcess {
  /** Types these keys. */
  type(keys: string): void;
}

/** Runs `openclaw` on a terminal of this width, with the program `script` of util-linux. */
export function startOnTerminal(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  columns = 80,
): TerminalProcess {
  const words = [process.execPath, join(packageRoot, "cli/main.ts"), ...args].map((word) => `'${word}'`);
  const command = `stty cols ${columns} rows 24; exec ${words.join(" ")}`;
  const started = startProcess({ TERM: "xterm", ...env }, ["script", "-qec", command, "/dev/null"]);
  return { ...started, type: (keys) => void started.child.stdin?.write(keys) };
}

function startProcess(
  env: NodeJS.ProcessEnv,
  [program, ...args]: readonly [string, ...string[]],
  input?: string,
): CommandProcess {
  const child = spawn(program, args, {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  // A command that has ended reads nothing more.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const code = once(child, "close").then(([exit]) => exit as number | null);
  return { child, out: () => out, err: () => err, code };
}

/** Resolves to the output when the process ends. */
export async function waitForExit(command: CommandProcess): Promise<CommandResult> {
  const code = await command.code;
  return { code: code ?? -1, out: command.out(), err: command.err() };
}
