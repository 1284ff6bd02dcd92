/** Reads, replaces and removes files of a workspace, each by a path that the workspace has allowed. */
import { randomUUID } from "node:crypto";
import { lstat, open, opendir, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { getSystemErrorCode, withFileErrors } from "./file-errors.ts";
import { openChecked, withDirectory, createParentFolders, getHandlePath, keepOwner } from "./open-checked.ts";
import type { WorkspacePath } from "./workspace.ts";

/** Limit of a file that is read or written. */
const maxBytes = 10 * 1024 * 1024;
/** Limit of a folder that is listed. */
const maxEntries = 10_000;

type FileContents =
  | { readonly kind: "file"; readonly bytes: Buffer }
  /** Sorted names. The name of a folder ends with `/`, that of a symbolic link with `@`. */
  | { readonly kind: "folder"; readonly names: readonly string[] };

export function readPath(path: WorkspacePath): Promise<FileContents> {
  const { realPath, displayPath } = path;
  return withOpenFile(path, async (handle) => {
    if ((await handle.stat()).isDirectory()) {
      return { kind: "folder", names: await listNames(getHandlePath(handle, realPath), displayPath) };
    }
    const bytes = await readFirstBytes(handle, maxBytes + 1);
    if (bytes.length > maxBytes) throw new Error(`${displayPath} is larger than the 10 MB that can be read.`);
    return { kind: "file", bytes };
  });
}

/** Returns the first `limit` bytes of a file; empty if the path is not a file. */
export function readFileStart(path: WorkspacePath, limit: number): Promise<Buffer> {
  return withOpenFile(path, async (handle) =>
    (await handle.stat()).isFile() ? readFirstBytes(handle, limit) : Buffer.alloc(0),
  );
}

/** Returns the text unchanged: line ends and a byte order mark are kept. */
export async function readText(path: WorkspacePath): Promise<string> {
  const contents = await readPath(path);
  if (contents.kind === "folder") throw new Error(`${path.displayPath} is a folder.`);
  const text = decodeUtf8(contents.bytes);
  if (text === undefined) throw new Error(`${path.displayPath} is not UTF-8 text.`);
  return text;
}

/** Returns undefined if the bytes contain NUL or are not valid UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Throws when the text is too large to be written. */
export function encodeText(text: string, { displayPath }: WorkspacePath): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > maxBytes)
    throw new Error(`${displayPath} would be larger than the 10 MB that can be written.`);
  return bytes;
}

/** Returns the permission bits of the file; undefined if no file exists. Throws when the file must not be replaced. */
export function getReplaceableMode({ realPath, displayPath }: WorkspacePath): Promise<number | undefined> {
  return withFileErrors(displayPath, async () => {
    const stats = await lstat(realPath).catch((error: unknown) => {
      if (getSystemErrorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) throw new Error(`${displayPath} is a folder.`);
    if (!stats.isFile()) throw new Error(`${displayPath} is not a regular file.`);
    if ((stats.mode & 0o222) === 0) throw new Error(`${displayPath} is read-only.`);
    return stats.mode & 0o777;
  });
}

interface ReplaceOptions {
  /** Checked before each change to the disk. */
  readonly signal: AbortSignal;
  /** Permission bits of a new file. An existing file keeps its own. */
  readonly mode?: number | undefined;
}

/** Atomic: another reader sees either the old or the new content. */
export async function replaceFile(
  path: WorkspacePath,
  bytes: Buffer,
  { signal, mode }: ReplaceOptions,
): Promise<void> {
  const permissions = (await getReplaceableMode(path)) ?? mode;
  await withFileErrors(path.displayPath, async () => {
    await createParentFolders(path, () => assertNotAborted(path, signal));
    await withDirectory(path, async (folder) => {
      const temporary = join(folder, `.${randomUUID()}.tmp`);
      try {
        assertNotAborted(path, signal);
        await createFile(temporary, bytes, permissions, folder);
        assertNotAborted(path, signal);
        await rename(temporary, join(folder, basename(path.realPath)));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  });
}

/** Removing by a symbolic link would delete its target and leave the link. */
export function assertNotLink({ requestedPath, displayPath }: WorkspacePath): Promise<void> {
  return withFileErrors(displayPath, async () => {
    if ((await lstat(requestedPath)).isSymbolicLink())
      throw new Error(`${displayPath} is a symbolic link; use the path of the file itself.`);
  });
}

export function removeFile(path: WorkspacePath, signal: AbortSignal): Promise<void> {
  return withFileErrors(path.displayPath, () =>
    withDirectory(path, (folder) => {
      assertNotAborted(path, signal);
      return unlink(join(folder, basename(path.realPath)));
    }),
  );
}

function assertNotAborted({ displayPath }: WorkspacePath, signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new Error(`${displayPath} was not changed: the call was aborted.`, { cause: signal.reason });
}

async function createFile(
  path: string,
  bytes: Buffer,
  permissions: number | undefined,
  folder: string,
): Promise<void> {
  const handle = await open(path, "wx", permissions === undefined ? 0o666 : 0o600);
  try {
    await handle.writeFile(bytes);
    await keepOwner(handle, folder);
    if (permissions !== undefined) await handle.chmod(permissions);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function withOpenFile<T>(path: WorkspacePath, action: (handle: FileHandle) => Promise<T>): Promise<T> {
  return withFileErrors(path.displayPath, async () => {
    const handle = await openChecked(path);
    try {
      return await action(handle);
    } finally {
      await handle.close();
    }
  });
}

async function readFirstBytes(handle: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stream = handle.createReadStream({ start: 0, end: limit - 1, autoClose: false });
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listNames(folder: string, displayPath: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (names.length === maxEntries) throw new Error(`${displayPath} has more than ${maxEntries} entries.`);
    names.push(entry.name + (entry.isDirectory() ? "/" : entry.isSymbolicLink() ? "@" : ""));
  }
  return names.sort();
}
