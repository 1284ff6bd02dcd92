/**
 * Opens an allowed path and checks that the open handle is still the file at that path. A symbolic link that is created
 * between the check and the use has no effect, because all later access goes through the handle and not the name.
 */
import { constants, existsSync } from "node:fs";
import { lstat, mkdir, open, readlink, realpath, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { getSystemErrorCode } from "./file-errors.ts";

/** On Linux a path below this folder stands for an open handle. Other systems check the name a second time. */
const handleFolder = "/proc/self/fd";
const hasHandlePaths = process.platform === "linux" && existsSync(handleFolder);

interface CheckedPath {
  /** Absolute. Contained no symbolic link when it was checked. */
  readonly realPath: string;
  /** Used in error messages. */
  readonly displayPath: string;
}

/** Opens a file or a folder. Other kinds are rejected, because opening a device can have side effects. */
export async function openChecked({ realPath, displayPath }: CheckedPath, flags = 0): Promise<FileHandle> {
  const stats = await lstat(realPath);
  if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) {
    throw new Error(`${displayPath} is neither a file nor a folder.`);
  }
  // O_NONBLOCK: if the file was replaced by a pipe, `open` must not wait for a writer.
  const handle = await open(
    realPath,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags,
  );
  try {
    if (await isStillAt(handle, realPath)) return handle;
    throw new Error(`${displayPath} was replaced while it was opened. Try again.`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Calls `action` with a path to the file's folder that stays valid if the folder is renamed or replaced. */
export async function withDirectory<T>(
  file: CheckedPath,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const realPath = dirname(file.realPath);
  const handle = await openChecked({ ...file, realPath }, constants.O_DIRECTORY);
  try {
    return await action(getHandlePath(handle, realPath));
  } finally {
    await handle.close();
  }
}

/** Creates the missing folders above a file. `beforeEach` runs before each of them and can throw. */
export async function createParentFolders(file: CheckedPath, beforeEach: () => void): Promise<void> {
  const folder = { ...file, realPath: dirname(file.realPath) };
  try {
    await lstat(folder.realPath);
  } catch (error) {
    if (getSystemErrorCode(error) !== "ENOENT") throw error;
    await createParentFolders(folder, beforeEach);
    await withDirectory(folder, async (parent) => {
      beforeEach();
      const path = join(parent, basename(folder.realPath));
      try {
        await mkdir(path);
        const handle = await open(path, constants.O_DIRECTORY | constants.O_NOFOLLOW);
        try {
          await keepOwner(handle, parent);
        } finally {
          await handle.close();
        }
      } catch (mkdirError) {
        if (getSystemErrorCode(mkdirError) !== "EEXIST") throw mkdirError;
      }
    });
  }
}

/** What root creates in another user's folder belongs to that user, whose own commands can then change it. */
export async function keepOwner(created: FileHandle, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  if (uid !== 0) await created.chown(uid, gid);
}

export function getHandlePath(handle: FileHandle, realPath: string): string {
  return hasHandlePaths ? join(handleFolder, String(handle.fd)) : realPath;
}

async function isStillAt(handle: FileHandle, realPath: string): Promise<boolean> {
  if (hasHandlePaths) {
    const path = await readlink(getHandlePath(handle, realPath));
    // Linux appends this to the path of a file that was replaced later; it was at the path when it was opened.
    return path === realPath || path === `${realPath} (deleted)`;
  }
  const [path, handleStats, pathStats] = await Promise.all([
    realpath(realPath),
    handle.stat(),
    lstat(realPath),
  ]);
  return path === realPath && handleStats.ino === pathStats.ino && handleStats.dev === pathStats.dev;
}
