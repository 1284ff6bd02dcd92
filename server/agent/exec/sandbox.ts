/** The bubblewrap sandbox of commands: own process namespace and /proc, no network, a read-only disk except the workspace. */
import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import type { Log } from "../../lib/ports.ts";
import { isWithin } from "../../lib/is-within.ts";
import { findProgram, type Argv } from "./shell.ts";

interface SandboxOptions {
  readonly setting: "off" | "bwrap" | "auto";
  /** The PATH on which `bwrap` is searched. */
  readonly path: string | undefined;
  /** Folders and files that are not visible inside. Missing ones are ignored. */
  readonly hiddenPaths: readonly string[];
  /** A program that exits with code 0 at once, to test the sandbox. */
  readonly probeArgv: Argv;
  readonly log: Log;
}

/** Real paths: the only writable folder, and the working folder. */
interface SandboxFolders {
  readonly workspace: string;
  readonly folder: string;
}

interface Sandbox {
  /** Returns the command line that runs `argv` in the sandbox. */
  wrap(argv: Argv, folders: SandboxFolders): Argv;
}

/** These contain sockets of daemons and files of other programs. */
const alwaysHidden = ["/tmp", "/var/tmp", "/run"];

const probeMs = 10_000;

/** Tests the sandbox once. Resolves to undefined if commands run without it; rejects if it is required and does not work. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox | undefined> {
  const { setting, path, hiddenPaths, probeArgv, log } = options;
  if (setting === "off") return undefined;
  const bwrap = findProgram("bwrap", path);
  const wrap = (argv: Argv, folders?: SandboxFolders): Argv => [
    bwrap ?? "bwrap",
    ...createSandboxArguments([...alwaysHidden, ...hiddenPaths], folders),
    "--",
    ...argv,
  ];
  const problem =
    bwrap === undefined ? "there is no program bwrap on the PATH" : await probe(wrap(probeArgv));
  if (problem === undefined) {
    log.info("commands run in the bubblewrap sandbox", { setting });
    return { wrap };
  }
  if (setting === "auto") {
    log.info("commands run without a sandbox: it does not work here", { setting, reason: problem });
    return undefined;
  }
  log.warn("commands cannot run: the sandbox does not work here", { setting, reason: problem });
  throw new Error(
    "No command can run: the configuration demands a sandbox (tools.exec.sandbox), and it does not work on this machine. The gateway's log says why.",
  );
}

const baseArguments = [
  "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-net --unshare-cgroup-try",
  "--die-with-parent --new-session --cap-drop ALL",
  "--ro-bind / / --dev /dev --proc /proc",
].flatMap((line) => line.split(" "));

function createSandboxArguments(
  hiddenPaths: readonly string[],
  folders: SandboxFolders | undefined,
): readonly string[] {
  const masks = hiddenPaths
    .flatMap(resolveMask)
    .filter((one) => one.path !== "/" && one.path !== folders?.workspace);
  const isInWorkspace = (one: Mask): boolean =>
    folders !== undefined && isWithin(folders.workspace, one.path);
  return [
    ...baseArguments,
    ...createMaskArguments(masks.filter((one) => !isInWorkspace(one))),
    // Order matters: the workspace can be inside a hidden folder, and hidden files can be inside the workspace.
    ...(folders === undefined ? [] : ["--bind", folders.workspace, folders.workspace]),
    ...createMaskArguments(masks.filter(isInWorkspace)),
    "--chdir",
    folders?.folder ?? "/",
  ];
}

interface Mask {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Resolves symbolic links, because a mount point cannot be one. Returns nothing if the path does not exist. */
function resolveMask(path: string): readonly Mask[] {
  try {
    const real = realpathSync(path);
    return [{ path: real, isFolder: statSync(real).isDirectory() }];
  } catch {
    return [];
  }
}

/** Skips paths inside another hidden folder. */
function createMaskArguments(masks: readonly Mask[]): readonly string[] {
  return masks
    .filter(({ path }) => !masks.some((other) => other.path !== path && isWithin(other.path, path)))
    .flatMap(({ path, isFolder }) => (isFolder ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]));
}

/** Returns what is wrong; undefined if the program exits with code 0. */
function probe([program, ...args]: Argv): Promise<string | undefined> {
  return new Promise((resolve) => {
    let stderr = "";
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], timeout: probeMs, env: {} });
    child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(0, 1_000)));
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) =>
      resolve(code === 0 ? undefined : stderr.trim() || `it ended with code ${code}`),
    );
  });
}
