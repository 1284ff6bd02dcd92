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
 * On Windows and in a process with an IPC channel it does nothing.
 */
export function hideEnvironment(): void {
  if (process.env[markerVariable] !== undefined && hasHiddenEnvironment()) return restoreEnvironment();
  if (process.execve === undefined || process.connected || !isExecutable(process.execPath)) return;
  const variables = { ...process.env };
  const visible = Object.entries(variables).filter(
    ([name, value = ""]) => startupNames.test(name) && !isSecretVariable(name, value),
  );
  if (visible.length === Object.keys(variables).length) return;
  writeHiddenEnvironment(JSON.stringify(variables));
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...Object.fromEntries(visible),
    [markerVariable]: "1",
  });
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

/** The file has no name any more when it is written, so that nothing remains of it. */
function writeHiddenEnvironment(text: string): void {
  const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = join(folder, `openclaw-${process.pid}-${process.hrtime.bigint()}`);
  closeSync(descriptor);
  // The lowest free descriptor is used: the one that was closed.
  const opened = openSync(path, "wx+", 0o600);
  rmSync(path);
  if (opened !== descriptor) throw new Error(`expected descriptor ${descriptor}, got ${opened}`);
  // Writing at a position leaves the offset at the beginning, from where the second execution reads.
  writeSync(descriptor, text, 0);
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
