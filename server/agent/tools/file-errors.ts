/** Turns file system errors into messages for a model. Node's own messages contain paths of the host. */

const errorMessages: Readonly<Record<string, string>> = {
  EACCES: "cannot be used: permission denied",
  EDQUOT: "cannot be written: the disk quota is used up",
  EEXIST: "already exists",
  EISDIR: "is a folder",
  ELOOP: "is a loop of symbolic links, or was just replaced by a symbolic link",
  ENAMETOOLONG: "has a name that is too long",
  ENOENT: "does not exist",
  ENOSPC: "cannot be written: the disk is full",
  ENOTDIR: "is not a valid path: one of its parent folders is a file",
  EPERM: "cannot be used: permission denied",
  EROFS: "cannot be written: the disk is read-only",
};

/** Runs `action`. A file system error is replaced by one whose message begins with `displayPath`. */
export async function withFileErrors<T>(displayPath: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = getSystemErrorCode(error);
    if (code === undefined) throw error;
    throw new Error(`${displayPath} ${errorMessages[code] ?? `cannot be used (${code})`}.`, { cause: error });
  }
}

/** Returns a code such as `ENOENT`; undefined if the error is not from a system call. */
export function getSystemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
