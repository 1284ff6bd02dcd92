/**
 * Takes the environment away from where other processes of the user can read it, such as /proc/<pid>/environ: the process
 * executes itself again with the same pid, and gets the variables through an inherited descriptor.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { isSecretVariable } from "../server/lib/secret-variables.ts";

/** Tells the second execution where its environment is. */
const markerVariable = "OPENCLAW_HIDDEN_ENVIRONMENT";
/** Node passes on the standard descriptors only, and the gateway does not read its standard input. */
const descriptor = 0;

/** What Node, libc and OpenSSL read before the gateway can restore it. */
const startupNames =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|PWD|TZ|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|TMPDIR|LANG|LANGUAGE|(?:LC|LD|DYLD|NODE|UV|SSL|OPENSSL|MALLOC|OPENCLAW)_\w+|GLIBC_TUNABLES|SSLKEYLOGFILE)$/;

/**
 * Call this first. It does not return when it executes the process again; in the second execution it restores the variables.
 * On Windows it does nothing, nor in a process with an IPC channel, unless `passHiddenEnvironment` has prepared that one.
 */
export function hideEnvironment(): void {
  if (process.env[markerVariable] !== undefined && hasHiddenEnvironment()) return restoreEnvironment();
  if (process.execve === undefined || process.connected || !isExecutable(process.execPath)) return;
  const variables = { ...process.env };
  const hidden = listHiddenNames(variables);
  if (hidden.length === 0) return;
  closeSync(descriptor);
  // The lowest free descriptor is used: the one that was closed.
  const opened = writeHiddenEnvironment(variables);
  if (opened !== descriptor) throw new Error(`expected descriptor ${descriptor}, got ${opened}`);
  for (const name of hidden) delete variables[name];
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...variables,
    [markerVariable]: "1",
  });
}

export interface PassedEnvironment {
  /** Variables that replace those of this process; undefined for one that the child must not show. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The standard input of the child. Close it when the child has started. Undefined when nothing needs to be hidden. */
  readonly input: number | undefined;
}

/** Prepares the environment of a child process that runs this program, so that its secrets cannot be read there either. */
export function passHiddenEnvironment(variables: NodeJS.ProcessEnv): PassedEnvironment {
  const hidden = process.platform === "win32" ? [] : listHiddenNames(variables);
  if (hidden.length === 0) return { env: {}, input: undefined };
  const env = Object.fromEntries(hidden.map((name) => [name, undefined]));
  return { env: { ...env, [markerVariable]: "1" }, input: writeHiddenEnvironment(variables) };
}

function listHiddenNames(variables: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(variables)
    .filter(([name, value = ""]) => !startupNames.test(name) || isSecretVariable(name, value))
    .map(([name]) => name);
}

/** A failed `execve` aborts the process, for instance when the running program was deleted. */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns the descriptor. The file has no name any more when it is written, so that nothing remains of it. */
function writeHiddenEnvironment(variables: NodeJS.ProcessEnv): number {
  const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = join(folder, `openclaw-${process.pid}-${process.hrtime.bigint()}`);
  const opened = openSync(path, "wx+", 0o600);
  rmSync(path);
  // Writing at a position leaves the offset at the beginning, from where the reader begins.
  writeSync(opened, JSON.stringify(variables), 0);
  return opened;
}

/** Whether the descriptor is a file without a name. Anyone can set the variable. */
function hasHiddenEnvironment(): boolean {
  const stats = fstatSync(descriptor);
  return stats.isFile() && stats.nlink === 0;
}

function restoreEnvironment(): void {
  const text = readFileSync(descriptor, "utf8");
  closeSync(descriptor);
  openSync(devNull, "r");
  delete process.env[markerVariable];
  Object.assign(process.env, JSON.parse(text));
}
