/** The part of the disk that an agent's tools may touch: what a path means, and whether it may be used. */
import { lstat, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isWithin } from "../../within.ts";
import { faultCode, tellFaults } from "./file-fault.ts";

interface WorkspaceOptions {
  /** Absolute. Made, for its owner alone, when a tool first needs it. */
  readonly folder: string;
  /** False: tools reach every file but the forbidden ones. */
  readonly workspaceOnly?: boolean;
  /** Folders and files that no tool reaches. A workspace that lies in one is open nevertheless. */
  readonly forbidden: readonly string[];
}

/** A path that has been allowed. Links may change after that: files are opened by it in `held-file.ts` only. */
export interface Place {
  /** Absolute and free of links. What it names need not exist. */
  readonly real: string;
  /** Absolute, as the tool was told; perhaps a link. */
  readonly named: string;
  /** For messages: from the workspace, so that they show nothing of the host. */
  readonly shown: string;
  readonly inside: boolean;
}

export interface Workspace {
  readonly folder: string;
  /** Makes the folder if need be; gives its real path. */
  ready(): Promise<string>;
  /** What a tool's path means. Throws, in words for a model, when it may not be used. */
  locate(path: string): Promise<Place>;
  /** Changes are made one after the other: two edits of a file in one step must not lose one. */
  inTurn<T>(change: () => Promise<T>): Promise<T>;
}

/** Shows the environment and the open files of the gateway, keys of providers included. */
const alwaysForbidden = ["/proc"];

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { workspaceOnly = true } = options;
  const folder = resolve(options.folder);
  const forbidden = [...options.forbidden, ...alwaysForbidden];
  let lastChange: Promise<unknown> = Promise.resolve();

  const ready = (): Promise<string> =>
    tellFaults("The workspace", async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return realpath(folder);
    });

  const isForbidden = async (real: string, root: string): Promise<boolean> => {
    const own = isWithin(root, real);
    for (const path of forbidden) {
      const hidden = await realPath(path);
      const aroundWorkspace = hidden !== root && isWithin(hidden, root);
      if (isWithin(hidden, real) && !(own && aroundWorkspace)) return true;
    }
    return false;
  };

  return {
    folder,
    ready,
    async locate(path) {
      refuseOddities(path);
      const root = await ready();
      const named = resolve(folder, path);
      const base = [folder, root].find((one) => isWithin(one, named));
      const shown = base === undefined ? JSON.stringify(path) : relative(base, named) || ".";
      // Nothing outside is even looked at.
      if (workspaceOnly && base === undefined) throw outside(shown);
      return tellFaults(shown, async () => {
        const real = await realPath(named);
        const inside = isWithin(root, real);
        if (workspaceOnly && !inside) throw outside(shown);
        if (await isForbidden(real, root)) throw new Error(`${shown} is closed to tools.`);
        return { real, named, shown, inside };
      });
    },
    inTurn(change) {
      const made = lastChange.then(change);
      lastChange = made.catch(() => {});
      return made;
    },
  };
}

function refuseOddities(path: string): void {
  if (path.includes("\0")) throw new Error("A path cannot have a zero byte in it.");
  if (/^~(?:$|\/)/.test(path)) {
    throw new Error(
      `${JSON.stringify(path)}: "~" has no meaning here. Use a path that counts from the workspace.`,
    );
  }
}

function outside(shown: string): Error {
  return new Error(`${shown} is outside the workspace. Use a path within it, for instance "notes.txt".`);
}

/** Follows the links of as much of a path as exists. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (faultCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    if (await isLink(path))
      throw new Error(`${basename(path)} is a link that leads nowhere.`, { cause: error });
    return join(await realPath(dirname(path)), basename(path));
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (faultCode(error) === "ENOENT") return false;
    throw error;
  }
}
