/** The shell that reads commands: bash where there is one, else sh. And how a program's output becomes one text. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export type Argv = readonly [program: string, ...args: string[]];

interface Shell {
  /** What runs this command. */
  argv(command: string): Argv;
  /** The same program, with its error output and its output in one pipe, in the order in which they were written. */
  inOnePipe(argv: Argv): Argv;
}

export function findShell(path = ""): Shell {
  const search = ["/bin", "/usr/bin", path].join(delimiter);
  const bash = findProgram("bash", search);
  const cat = findProgram("cat", search);
  // Without --norc bash reads ~/.bashrc when its input is a socket, as it does for rsh.
  const read: Argv = bash === undefined ? ["/bin/sh", "-c"] : [bash, "--norc", "-c"];
  return {
    // What begins like an option would be taken for one.
    argv: (command) => [...read, /^[-+]/.test(command) ? ` ${command}` : command],
    inOnePipe: (argv) =>
      bash === undefined || cat === undefined
        ? [...read, 'exec "$@" 2>&1', "sh", ...argv]
        : [...read, throughCat, cat, ...argv],
  };
}

/**
 * Node gives its children sockets, and a socket cannot be opened as /dev/stdout or /dev/stderr, as many scripts do.
 * `cat`, here $0, makes it a pipe. It outlives a TERM, so that what programs say on their way out is heard.
 */
const throughCat = [
  "trap '' TERM INT HUP",
  'exec 3> >(exec "$0")',
  "trap - TERM INT HUP",
  'exec "$@" >&3 2>&1 3>&-',
].join("; ");

/** An absolute path: what a command may put into its own PATH must not decide what the gateway starts. */
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
