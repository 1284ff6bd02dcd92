/**
 * The bubblewrap sandbox of commands: own process namespace, no network, a read-only disk and /proc except the workspace.
 * For a gateway that runs as root, bubblewrap sets the sandbox up as root, so that it can enter a workspace below a private
 * folder, and setpriv then gives up every privilege. A user namespace of root would keep root's access to the kernel's files.
 */
import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../../lib/ports.ts";
import { isWithin } from "../../lib/is-within.ts";
import type { WorkspaceAccess } from "../agent-sandbox.ts";
import type { SandboxUser } from "./sandbox-user.ts";
import { findProgram, type Argv } from "./shell.ts";

interface SandboxOptions {
  readonly setting: "off" | "bwrap" | "auto";
  /** The PATH on which `bwrap` is searched. */
  readonly path: string | undefined;
  /** Folders and files that are not visible inside. Missing ones are ignored. */
  readonly hiddenPaths: readonly string[];
  /** Returns the command line that runs a shell command. */
  readonly createArgv: (command: string) => Argv;
  /** The user of the commands. Undefined if the gateway does not run as root. */
  readonly user: SandboxUser | undefined;
  readonly log: Log;
}

/** Real paths: the only folder that can be writable, and the working folder. */
interface SandboxFolders {
  readonly workspace: string;
  /** Hidden, but for the workspace in it. */
  readonly outerFolder: string | undefined;
  readonly folder: string;
  /** `none`: an empty folder, gone with the command, is in its place. */
  readonly workspaceAccess: WorkspaceAccess;
}

interface Sandbox {
  /** Resolves to the command line that runs `argv` in the sandbox. Rejects if its user cannot use the workspace. */
  wrap(argv: Argv, folders: SandboxFolders): Promise<Argv>;
}

/** These contain sockets of daemons and files of other programs. */
const alwaysHidden = ["/tmp", "/var/tmp", "/run"];

const probeMs = 10_000;

/** Tests the sandbox once. Resolves to undefined if commands run without it; rejects if it is required and does not work. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox | undefined> {
  const { setting, path, hiddenPaths, createArgv, user, log } = options;
  if (setting === "off") return undefined;
  const bwrap = findProgram("bwrap", path);
  const setpriv = findProgram("setpriv", path);
  const hidden = [...alwaysHidden, ...hiddenPaths];
  const wrapFor = (as: SandboxUser | undefined, argv: Argv, folders?: SandboxFolders): Argv => [
    bwrap ?? "bwrap",
    ...createSandboxArguments(hidden, folders, as),
    "--",
    ...(as === undefined ? [] : createDropArguments(setpriv ?? "setpriv", as)),
    ...argv,
  ];
  const probeFor = (as: SandboxUser | undefined): Promise<string | undefined> =>
    probe(wrapFor(as, createArgv("exit 0")));
  const missing = [
    ...(bwrap === undefined ? ["bwrap"] : []),
    ...(user !== undefined && setpriv === undefined ? ["setpriv"] : []),
  ];
  const problem =
    missing[0] === undefined ? await probeFor(user) : `there is no program ${missing[0]} on the PATH`;
  if (problem === undefined) {
    log.info("commands run in the bubblewrap sandbox", { setting, ...(user && { uid: user.uid }) });
    return { wrap: createWrap(user, (argv, folders) => wrapFor(user, argv, folders), createArgv) };
  }
  // `auto` does not give commands root's permissions because only the change of the user fails.
  const failsForUser = user !== undefined && bwrap !== undefined && (await probeFor(undefined)) === undefined;
  if (setting === "auto" && !failsForUser) {
    log.info("commands run without a sandbox: it does not work here", { setting, reason: problem });
    return undefined;
  }
  const reason = failsForUser
    ? `commands cannot run as the user ${user.uid} (tools.exec.sandboxUser): ${problem}`
    : problem;
  log.warn("commands cannot run: the sandbox does not work here", { setting, reason });
  throw new Error(
    "No command can run: the configuration demands a sandbox (tools.exec.sandbox, or sandbox.mode of the agent), and it does not work on this machine. The gateway's log says why.",
  );
}

/** Tests a workspace before its first command: the user of the sandbox may not be allowed to enter or change it. */
function createWrap(
  user: SandboxUser | undefined,
  wrap: (argv: Argv, folders: SandboxFolders) => Argv,
  createArgv: (command: string) => Argv,
): Sandbox["wrap"] {
  const usable = new Set<string>();
  return async (argv, folders) => {
    const { workspace, workspaceAccess } = folders;
    if (user !== undefined && workspaceAccess !== "none" && !usable.has(workspace)) {
      const isWritable = workspaceAccess === "rw";
      const test = createArgv(isWritable ? "test -r . -a -w . -a -x ." : "test -r . -a -x .");
      if ((await probe(wrap(test, { ...folders, folder: workspace }))) !== undefined) {
        throw new Error(
          `The command did not run: the gateway runs as root, its sandboxed commands as the user ${user.uid}, who cannot ${isWritable ? "write to" : "read"} the workspace. The operator can allow it: chown -R ${user.uid}:${user.gid} ${quote(workspace)} (and tools.exec.sandboxUser names another user).`,
        );
      }
      usable.add(workspace);
    }
    return wrap(argv, folders);
  };
}

function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

const baseArguments = [
  "--unshare-pid --unshare-ipc --unshare-uts --unshare-net --unshare-cgroup-try",
  "--die-with-parent --new-session --cap-drop ALL",
  // Read-only, because files such as /proc/sys/kernel/* belong to the kernel of the host.
  "--ro-bind / / --dev /dev --proc /proc --remount-ro /proc",
].flatMap((line) => line.split(" "));

/** To enter a folder that only the new user may enter, and to change the user. setpriv gives all of them up. */
const setupCapabilities = ["CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

function createDropArguments(setpriv: string, { uid, gid }: SandboxUser): readonly string[] {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return [setpriv, ...user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"];
}

function createSandboxArguments(
  hiddenPaths: readonly string[],
  folders: SandboxFolders | undefined,
  user: SandboxUser | undefined,
): readonly string[] {
  // Folders in memory belong to the user that sets the sandbox up, so another user needs the mode of /tmp.
  const modeArguments = user === undefined ? [] : ["--perms", "1777"];
  const createMaskArguments = (list: readonly Mask[]): readonly string[] =>
    removeNested(list).flatMap(({ path, isFolder }) =>
      isFolder ? [...modeArguments, "--tmpfs", path] : ["--ro-bind", "/dev/null", path],
    );
  const { outerFolder } = folders ?? {};
  const masks = [...hiddenPaths, ...(outerFolder === undefined ? [] : [outerFolder])]
    .flatMap(resolveMask)
    .filter((one) => one.path !== "/" && one.path !== folders?.workspace);
  const isInWorkspace = (one: Mask): boolean =>
    folders !== undefined && isWithin(folders.workspace, one.path);
  return [
    ...baseArguments,
    ...(user === undefined ? ["--unshare-user"] : setupCapabilities.flatMap((name) => ["--cap-add", name])),
    ...modeArguments,
    "--tmpfs",
    "/dev/shm",
    ...createMaskArguments(masks.filter((one) => !isInWorkspace(one))),
    // Order matters: the workspace can be inside a hidden folder, and hidden files can be inside the workspace.
    ...(folders === undefined ? [] : createWorkspaceArguments(folders, masks, modeArguments)),
    ...createMaskArguments(masks.filter(isInWorkspace)),
    "--chdir",
    folders?.folder ?? "/",
  ];
}

/** bubblewrap creates the folders above a private workspace as private ones of root, which another user cannot enter. */
function createWorkspaceArguments(
  { workspace, workspaceAccess }: SandboxFolders,
  masks: readonly Mask[],
  modeArguments: readonly string[],
): readonly string[] {
  const parents: string[] = [];
  for (let path = dirname(workspace); masks.some((mask) => isWithin(mask.path, path)); path = dirname(path)) {
    if (!masks.some((mask) => mask.path === path)) parents.unshift(path);
  }
  const parentArguments = parents.flatMap((path) => ["--perms", "0755", "--dir", path]);
  if (workspaceAccess === "none") return [...parentArguments, ...modeArguments, "--tmpfs", workspace];
  return [...parentArguments, workspaceAccess === "rw" ? "--bind" : "--ro-bind", workspace, workspace];
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

/** Removes paths inside another hidden folder. */
function removeNested(masks: readonly Mask[]): readonly Mask[] {
  return masks.filter(
    ({ path }) => !masks.some((other) => other.path !== path && isWithin(other.path, path)),
  );
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
