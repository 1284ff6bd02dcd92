/** The sandbox of commands: bubblewrap, with processes and /proc of its own, no network, a disk that cannot be written. */
import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import type { Log } from "../types.ts";
import { isWithin } from "../../within.ts";
import { findProgram, type Argv } from "./shell.ts";

interface SandboxParts {
  readonly setting: "off" | "bwrap" | "auto";
  /** The gateway's PATH, where bubblewrap is looked for. */
  readonly path: string | undefined;
  /** Folders and files that are not to be seen inside. Those that do not exist are left out. */
  readonly hidden: readonly string[];
  /** A program that ends well at once, to try it with. */
  readonly trial: Argv;
  readonly log: Log;
}

/** Real paths: the one folder that can be written, and the one to start in. */
interface Inside {
  readonly workspace: string;
  readonly folder: string;
}

interface Sandbox {
  /** What is to be started in place of `argv`. */
  around(argv: Argv, inside: Inside): Argv;
}

/** Sockets of daemons and files of other programs lie here. */
const alwaysHidden = ["/tmp", "/var/tmp", "/run"];

const probeMs = 10_000;

/** Tries it once. Resolves to undefined when commands run without; rejects when they must not and it does not work. */
export async function openSandbox(parts: SandboxParts): Promise<Sandbox | undefined> {
  const { setting, path, hidden, trial, log } = parts;
  if (setting === "off") return undefined;
  const bwrap = findProgram("bwrap", path);
  const around = (argv: Argv, inside?: Inside): Argv => [
    bwrap ?? "bwrap",
    ...sandboxArguments([...alwaysHidden, ...hidden], inside),
    "--",
    ...argv,
  ];
  const fault = bwrap === undefined ? "there is no program bwrap on the PATH" : await probe(around(trial));
  if (fault === undefined) {
    log.info("commands run in the sandbox of bubblewrap", { setting });
    return { around };
  }
  if (setting === "auto") {
    log.info("commands run without a sandbox, which does not work here", { setting, reason: fault });
    return undefined;
  }
  log.warn("commands cannot run: the sandbox does not work here", { setting, reason: fault });
  throw new Error(
    "No command can run: the configuration demands a sandbox (tools.exec.sandbox), and it does not work on this machine. The gateway's log says why.",
  );
}

const walls = [
  "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-net --unshare-cgroup-try",
  "--die-with-parent --new-session --cap-drop ALL",
  "--ro-bind / / --dev /dev --proc /proc",
].flatMap((line) => line.split(" "));

function sandboxArguments(hidden: readonly string[], inside: Inside | undefined): readonly string[] {
  const masks = hidden.flatMap(realPlace).filter((one) => one.path !== "/" && one.path !== inside?.workspace);
  const within = (one: Place): boolean => inside !== undefined && isWithin(inside.workspace, one.path);
  return [
    ...walls,
    ...maskArguments(masks.filter((one) => !within(one))),
    // After the masks, since the workspace may lie in a hidden folder, and before those that lie in it.
    ...(inside === undefined ? [] : ["--bind", inside.workspace, inside.workspace]),
    ...maskArguments(masks.filter(within)),
    "--chdir",
    inside?.folder ?? "/",
  ];
}

interface Place {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Links are followed: a mount cannot stand on one. */
function realPlace(path: string): readonly Place[] {
  try {
    const real = realpathSync(path);
    return [{ path: real, isFolder: statSync(real).isDirectory() }];
  } catch {
    return [];
  }
}

/** What lies in a folder that is hidden is hidden with it. */
function maskArguments(masks: readonly Place[]): readonly string[] {
  return masks
    .filter(({ path }) => !masks.some((other) => other.path !== path && isWithin(other.path, path)))
    .flatMap(({ path, isFolder }) => (isFolder ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]));
}

/** What is wrong; undefined when the program runs well. */
function probe([program, ...args]: Argv): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = "";
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], timeout: probeMs, env: {} });
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 1_000)));
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) =>
      resolve(code === 0 ? undefined : said.trim() || `it ended with code ${code}`),
    );
  });
}
