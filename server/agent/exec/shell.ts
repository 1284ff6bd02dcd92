/** Finds the shell for commands (bash, else sh) and merges a program's output and error output. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export type Argv = readonly [program: string, ...args: string[]];

interface MergeOptions {
  readonly isForOtherUser: boolean;
  readonly joinFile: string | undefined;
}

interface Shell {
  /** Returns the command line that runs this command. */
  createArgv(command: string): Argv;
  /**
   * Returns the command line that sends stdout and stderr to one pipe, in the order of the writes. `isForOtherUser`: the
   * program changes its user, who must be able to open the pipe as /dev/stdout. `joinFile`: the program joins this control
   * group.
   */
  mergeOutput(argv: Argv, options: MergeOptions): Argv;
}

export function findShell(path = ""): Shell {
  const search = ["/bin", "/usr/bin", path].join(delimiter);
  const bash = findProgram("bash", search);
  const cat = findProgram("cat", search);
  const chmod = findProgram("chmod", search);
  // Without --norc bash reads ~/.bashrc if its input is a socket, as for rsh.
  const shellArgv: Argv = bash === undefined ? ["/bin/sh", "-c"] : [bash, "--norc", "-c"];
  return {
    // A command that begins with - or + would be parsed as an option.
    createArgv: (command) => [...shellArgv, /^[-+]/.test(command) ? ` ${command}` : command],
    mergeOutput: (argv, { isForOtherUser, joinFile }) => {
      const join = joinFile === undefined ? "" : createJoinScript(joinFile);
      return bash === undefined || cat === undefined
        ? [...shellArgv, `${join}exec "$@" 2>&1`, "sh", ...argv]
        : [...shellArgv, join + createMergeScript(isForOtherUser ? chmod : undefined), cat, ...argv];
    },
  };
}

/** Without permission the command runs outside of the group. */
const createJoinScript = (joinFile: string): string => `{ echo 0 >"${joinFile}"; } 2>/dev/null; `;

/**
 * Node's child processes write to sockets, and a socket cannot be opened as /dev/stdout or /dev/stderr, which many
 * scripts do. `cat`, here $0, turns the socket into a pipe. It ignores SIGTERM, so that output of programs that are
 * terminated is not lost.
 */
function createMergeScript(chmod: string | undefined): string {
  return [
    "trap '' TERM INT HUP",
    'exec 3> >(exec "$0")',
    "trap - TERM INT HUP",
    ...(chmod === undefined ? [] : [`"${chmod}" 666 /proc/self/fd/3`]),
    'exec "$@" >&3 2>&1 3>&-',
  ].join("; ");
}

/** Searches absolute folders only: a relative PATH entry would find programs that commands have created. */
export function findProgram(name: string, path: string | undefined): string | undefined {
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
