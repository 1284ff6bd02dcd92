/**
 * Control groups of commands: a process is in the group of its parent, whatever it does to its session and its environment.
 * They need Linux, and a gateway that may create groups below its own: as root, or as a service with `Delegate=yes`.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, relative } from "node:path";

export interface CommandGroup {
  /** A process that writes 0 to this file joins the group, with all processes that it starts later. */
  readonly joinFile: string;
  /** Returns the ids of its processes. */
  listProcesses(): ReadonlySet<number>;
  /** Call it when no process is left. */
  remove(): void;
}

/** Creates a group with this name. Returns undefined where the system does not allow it. */
export type CreateCommandGroup = (name: string) => CommandGroup | undefined;

const prefix = "openclaw-gateway-";

/** Groups that an earlier gateway has left behind are removed. */
export function createCommandGroups(): CreateCommandGroup {
  const ownFolder = process.platform === "linux" ? findOwnGroup() : undefined;
  if (ownFolder === undefined) return () => undefined;
  removeAbandonedGroups(ownFolder);
  const folder = join(ownFolder, `${prefix}${process.pid}`);
  return (name) => {
    const path = join(folder, name);
    try {
      mkdirSync(path, { recursive: true });
    } catch {
      return undefined;
    }
    return {
      joinFile: join(path, "cgroup.procs"),
      listProcesses: () => new Set(listProcesses(path)),
      remove() {
        // The folder of all groups goes with the last one.
        for (const each of [...listSubfolders(path).toReversed(), path, folder]) removeFolder(each);
      },
    };
  };
}

/** Returns the folder of the group that this process is in. Undefined without control groups of version 2. */
function findOwnGroup(): string | undefined {
  try {
    const group = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
    // https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    const mount = /^\S+ \S+ \S+ (\S+) (\S+) .*- cgroup2 /m.exec(readFileSync("/proc/self/mountinfo", "utf8"));
    const [, root, mountPoint] = mount ?? [];
    if (group === undefined || root === undefined || mountPoint === undefined) return undefined;
    const path = relative(root, group);
    return path.startsWith("..") ? undefined : join(mountPoint, path);
  } catch {
    return undefined;
  }
}

function removeAbandonedGroups(ownFolder: string): void {
  for (const folder of listFolders(ownFolder)) {
    const pid = /openclaw-gateway-(\d+)$/.exec(folder)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    for (const each of [...listSubfolders(folder).toReversed(), folder]) removeFolder(each);
  }
}

function listProcesses(folder: string): readonly number[] {
  return [folder, ...listSubfolders(folder)].flatMap((each) => {
    try {
      return readFileSync(join(each, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}

/** A command can divide its group. Parents come before their children. */
function listSubfolders(folder: string): readonly string[] {
  return listFolders(folder).flatMap((each) => [each, ...listSubfolders(each)]);
}

function listFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

/** Does nothing to a group that has processes or groups. */
function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {}
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
