/** The part of the disk that an agent's tools can use. Resolves a tool's path and checks that it is allowed. */
import { chown, lstat, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isWithin } from "../../lib/is-within.ts";
import { getSystemErrorCode, withFileErrors } from "./file-errors.ts";

interface WorkspaceOptions {
  /** Absolute. Created with mode 0700 when a tool first needs it. */
  readonly folder: string;
  /** The owner of the folder when it is created. Default: the gateway's user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** False: tools can use every file except the forbidden ones. Default: true. */
  readonly workspaceOnly?: boolean;
  /** The folder of the agent, if this workspace belongs to one of its keys. */
  readonly outerFolder?: string | undefined;
  /** Folders and files that no tool can use. A workspace inside a forbidden folder stays usable. */
  readonly forbidden: readonly string[];
  /** Shared by all workspaces of the same folder. */
  readonly runExclusive?: RunExclusive;
}

/**
 * Runs one change at a time, in call order, so that two edits of one file in the same step do not lose one.
 * Rejects when the signal is aborted before the change has begun.
 */
export type RunExclusive = <T>(signal: AbortSignal, change: () => Promise<T>) => Promise<T>;

/** An allowed path. Symbolic links can change after the check, so only `open-checked.ts` opens files by it. */
export interface WorkspacePath {
  /** Absolute, without symbolic links. The file does not have to exist. */
  readonly realPath: string;
  /** Absolute, as the caller wrote it; can be a symbolic link. */
  readonly requestedPath: string;
  /** For messages: relative to the workspace, so that messages reveal no path of the host. */
  readonly displayPath: string;
  /** True if the path is inside the workspace. */
  readonly isInside: boolean;
}

export interface Workspace {
  readonly folder: string;
  /** A sandboxed command sees nothing of it but the workspace. */
  readonly outerFolder: string | undefined;
  /** Creates the folder if it is missing. Returns its real path. */
  resolveFolder(): Promise<string>;
  /** Throws an error that a model can understand when the path is not allowed. */
  resolvePath(path: string): Promise<WorkspacePath>;
  readonly runExclusive: RunExclusive;
}

/** /proc exposes the gateway's environment and open files, including provider keys. */
const alwaysForbidden = ["/proc"];

/** Returns the workspace of the credential with this name. */
export type GetWorkspace = (credential: string) => Workspace;

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { workspaceOnly = true, owner, runExclusive = createRunExclusive() } = options;
  const folder = resolve(options.folder);
  const forbidden = [...options.forbidden, ...alwaysForbidden];

  const resolveFolder = (): Promise<string> =>
    withFileErrors("The workspace", async () => {
      const created = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (created !== undefined && owner !== undefined) await chown(folder, owner.uid, owner.gid);
      return realpath(folder);
    });

  const isForbidden = async (realPath: string, root: string): Promise<boolean> => {
    const isInside = isWithin(root, realPath);
    for (const path of forbidden) {
      const forbiddenPath = await resolveLinks(path);
      const containsWorkspace = forbiddenPath !== root && isWithin(forbiddenPath, root);
      if (isWithin(forbiddenPath, realPath) && !(isInside && containsWorkspace)) return true;
    }
    return false;
  };

  return {
    folder,
    outerFolder: options.outerFolder,
    resolveFolder,
    async resolvePath(path) {
      assertValidPath(path);
      const root = await resolveFolder();
      const requestedPath = resolve(folder, path);
      const base = [folder, root].find((one) => isWithin(one, requestedPath));
      const displayPath = base === undefined ? JSON.stringify(path) : relative(base, requestedPath) || ".";
      // A path outside is rejected before the disk is read, so that no error reveals what exists there.
      if (workspaceOnly && base === undefined) throw createOutsideError(displayPath);
      return withFileErrors(displayPath, async () => {
        const realPath = await resolveLinks(requestedPath);
        const isInside = isWithin(root, realPath);
        if (workspaceOnly && !isInside) throw createOutsideError(displayPath);
        if (await isForbidden(realPath, root)) throw new Error(`${displayPath} is not accessible to tools.`);
        return { realPath, requestedPath, displayPath, isInside };
      });
    },
    runExclusive,
  };
}

export function createRunExclusive(): RunExclusive {
  let previousChange: Promise<unknown> = Promise.resolve();
  return (signal, change) => {
    const result = previousChange.then(() => {
      if (signal.aborted) {
        throw new Error("Nothing was changed: the call was aborted.", { cause: signal.reason });
      }
      return change();
    });
    previousChange = result.catch(() => {});
    return result;
  };
}

function assertValidPath(path: string): void {
  if (path.includes("\0")) throw new Error("A path cannot contain a NUL byte.");
  if (/^~(?:$|\/)/.test(path)) {
    throw new Error(
      `${JSON.stringify(path)}: "~" has no meaning here. Use a path relative to the workspace.`,
    );
  }
}

function createOutsideError(displayPath: string): Error {
  return new Error(
    `${displayPath} is outside the workspace. Use a path within it, for instance "notes.txt".`,
  );
}

/** Resolves the symbolic links in the existing part of a path. */
async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (getSystemErrorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    if (await isLink(path))
      throw new Error(`${basename(path)} is a symbolic link whose target does not exist.`, { cause: error });
    return join(await resolveLinks(dirname(path)), basename(path));
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (getSystemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
