/** Files of a workspace: read, replaced as a whole, removed. Each at a place that the workspace has allowed. */
import { randomUUID } from "node:crypto";
import { lstat, open, opendir, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { faultCode, tellFaults } from "./file-fault.ts";
import { holdFile, inFolderOf, makeFolderOf, pathOf } from "./held-file.ts";
import type { Place } from "./workspace.ts";

/** Of a file that is read or written. */
const maxBytes = 10 * 1024 * 1024;
/** Of a folder that is listed. */
const maxEntries = 10_000;

type Stored =
  | { readonly kind: "file"; readonly bytes: Buffer }
  /** Names in order, those of folders with a `/` at their end, those of links with an `@`. */
  | { readonly kind: "folder"; readonly names: readonly string[] };

export function readPlace(place: Place): Promise<Stored> {
  const { real, shown } = place;
  return holding(place, async (handle) => {
    if ((await handle.stat()).isDirectory()) {
      return { kind: "folder", names: await namesIn(pathOf(handle, real), shown) };
    }
    const bytes = await startOf(handle, maxBytes + 1);
    if (bytes.length > maxBytes) throw new Error(`${shown} is larger than the 10 MB that can be read.`);
    return { kind: "file", bytes };
  });
}

/** The first bytes of a file; none of anything else. */
export function readStart(place: Place, most: number): Promise<Buffer> {
  return holding(place, async (handle) =>
    (await handle.stat()).isFile() ? startOf(handle, most) : Buffer.alloc(0),
  );
}

/** Text as it is: line ends and a byte order mark are kept. */
export async function readText(place: Place): Promise<string> {
  const stored = await readPlace(place);
  if (stored.kind === "folder") throw new Error(`${place.shown} is a folder.`);
  const text = textOf(stored.bytes);
  if (text === undefined) throw new Error(`${place.shown} is not a text in UTF-8.`);
  return text;
}

/** Undefined when the bytes are no text. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of a text that is to be written. */
export function bytesOf(text: string, { shown }: Place): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > maxBytes)
    throw new Error(`${shown} would be larger than the 10 MB that can be written.`);
  return bytes;
}

/** The rights of the file that is to be replaced or removed; undefined where there is none. Throws when it must stay. */
export function checkReplaceable({ real, shown }: Place): Promise<number | undefined> {
  return tellFaults(shown, async () => {
    const stats = await lstat(real).catch((error: unknown) => {
      if (faultCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) throw new Error(`${shown} is a folder.`);
    if (!stats.isFile()) throw new Error(`${shown} is not a regular file.`);
    if ((stats.mode & 0o222) === 0) throw new Error(`${shown} is read-only.`);
    return stats.mode & 0o777;
  });
}

/** All or nothing, also for those who read meanwhile. Keeps the file's rights; `mode` is for one that is new. */
export async function replaceFile(place: Place, bytes: Buffer, mode?: number): Promise<void> {
  const rights = (await checkReplaceable(place)) ?? mode;
  await tellFaults(place.shown, async () => {
    await makeFolderOf(place);
    await inFolderOf(place, async (folder) => {
      const temporary = join(folder, `.${randomUUID()}.tmp`);
      try {
        await writeNew(temporary, bytes, rights);
        await rename(temporary, join(folder, basename(place.real)));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  });
}

/** To remove by a link would take what it leads to and leave the link. */
export function refuseLink({ named, shown }: Place): Promise<void> {
  return tellFaults(shown, async () => {
    if ((await lstat(named)).isSymbolicLink()) throw new Error(`${shown} is a link; name the file itself.`);
  });
}

export function removeFile(place: Place): Promise<void> {
  return tellFaults(place.shown, () =>
    inFolderOf(place, (folder) => unlink(join(folder, basename(place.real)))),
  );
}

async function writeNew(path: string, bytes: Buffer, rights: number | undefined): Promise<void> {
  const handle = await open(path, "wx", rights === undefined ? 0o666 : 0o600);
  try {
    await handle.writeFile(bytes);
    if (rights !== undefined) await handle.chmod(rights);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function holding<T>(place: Place, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  return tellFaults(place.shown, async () => {
    const handle = await holdFile(place);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  });
}

async function startOf(handle: FileHandle, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stream = handle.createReadStream({ start: 0, end: most - 1, autoClose: false });
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function namesIn(folder: string, shown: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (names.length === maxEntries) throw new Error(`${shown} has more than ${maxEntries} entries.`);
    names.push(entry.name + (entry.isDirectory() ? "/" : entry.isSymbolicLink() ? "@" : ""));
  }
  return names.sort();
}
