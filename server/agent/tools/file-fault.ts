/** What the file system refused, in words that a model can act on. Node's own name paths of the host. */

const reasons: Readonly<Record<string, string>> = {
  EACCES: "may not be used: permission denied",
  EDQUOT: "cannot be written: the disk quota is used up",
  EEXIST: "is there already",
  EISDIR: "is a folder",
  ELOOP: "is a link that leads in a circle, or became a link just now",
  ENAMETOOLONG: "has a name that is too long",
  ENOENT: "does not exist",
  ENOSPC: "cannot be written: the disk is full",
  ENOTDIR: "is no path: a part of it that should be a folder is a file",
  EPERM: "may not be used: permission denied",
  EROFS: "cannot be written: the disk is read-only",
};

/** Does `work`; what the file system refuses is told as being about `shown`. */
export async function tellFaults<T>(shown: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = faultCode(error);
    if (code === undefined) throw error;
    throw new Error(`${shown} ${reasons[code] ?? `cannot be used (${code})`}.`, { cause: error });
  }
}

/** `ENOENT` and the like; undefined for what the file system did not say. */
export function faultCode(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
