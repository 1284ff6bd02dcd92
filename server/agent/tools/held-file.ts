/**
 * Opens what stands at a place that was allowed, and makes sure that it is still that: a link put in its way
 * between check and use leads nowhere, since from then on the open handle is used and no longer the name.
 */
import { constants, existsSync } from "node:fs";
import { lstat, mkdir, open, readlink, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { faultCode } from "./file-fault.ts";

/** Linux names each open handle by a path that can stand in for the folder it holds. Elsewhere names are checked again. */
const handles = "/proc/self/fd";
const hasHandles = process.platform === "linux" && existsSync(handles);

interface Held {
  /** Absolute and free of links when it was checked. */
  readonly real: string;
  /** For messages. */
  readonly shown: string;
}

/** A file or a folder, by a path without links. Nothing else is ever opened: to open a device can do things. */
export async function holdFile({ real, shown }: Held, flags = 0): Promise<FileHandle> {
  const stats = await lstat(real);
  if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) {
    throw new Error(`${shown} is neither a file nor a folder.`);
  }
  // What became a pipe meanwhile must not make this wait for a writer.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags);
  try {
    if (await isAt(handle, real)) return handle;
    throw new Error(`${shown} was replaced while it was opened. Try again.`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Gives `work` a path to the folder of a file that stays this folder, whatever becomes of its name. */
export async function inFolderOf<T>(file: Held, work: (folder: string) => Promise<T>): Promise<T> {
  const real = dirname(file.real);
  const handle = await holdFile({ ...file, real }, constants.O_DIRECTORY);
  try {
    return await work(pathOf(handle, real));
  } finally {
    await handle.close();
  }
}

/** Makes the folder of a file and those above it, where they are missing. */
export async function makeFolderOf(file: Held): Promise<void> {
  const folder = { ...file, real: dirname(file.real) };
  try {
    await lstat(folder.real);
  } catch (error) {
    if (faultCode(error) !== "ENOENT") throw error;
    await makeFolderOf(folder);
    await inFolderOf(folder, async (parent) => {
      await mkdir(join(parent, basename(folder.real))).catch((failure: unknown) => {
        if (faultCode(failure) !== "EEXIST") throw failure;
      });
    });
  }
}

export function pathOf(handle: FileHandle, real: string): string {
  return hasHandles ? join(handles, String(handle.fd)) : real;
}

async function isAt(handle: FileHandle, real: string): Promise<boolean> {
  if (hasHandles) {
    const path = await readlink(pathOf(handle, real));
    // The mark of a file that was replaced since; it did stand there.
    return path === real || path === `${real} (deleted)`;
  }
  const [path, held, there] = await Promise.all([realpath(real), handle.stat(), lstat(real)]);
  return path === real && held.ino === there.ino && held.dev === there.dev;
}
