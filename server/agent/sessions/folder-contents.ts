/** The contents of files in a folder: each under its hash, and those that arrive in a folder of their own. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileContents } from "./file-contents.ts";
import type { ReceivedContent } from "./files.ts";
import type { Transactions } from "./transactions.ts";

const hashPattern = /^[0-9a-f]{64}$/;

export function createFolderContents(
  folder: string,
  { read, write }: Pick<Transactions, "read" | "write">,
): FileContents {
  const incoming = join(folder, "incoming");
  const locate = (hash: string): string => join(folder, hash.slice(0, 2), hash);
  const receiving = new Set<string>();
  let lastChange: Promise<unknown> = Promise.resolve();

  /** Contents are kept and removed one after the other: a content that is removed may be that of a new file. */
  const inOrder = <T>(change: () => Promise<T>): Promise<T> => {
    const next = lastChange.then(change);
    lastChange = next.catch(() => {});
    return next;
  };
  const removeUnused = async (hashes: readonly string[]): Promise<void> => {
    if (hashes.length === 0) return;
    const used = await read((db) =>
      db.selectFrom("files").select("hash").where("hash", "in", hashes).execute(),
    );
    const usedHashes = new Set(used.map(({ hash }) => hash));
    for (const hash of hashes) if (!usedHashes.has(hash)) await rm(locate(hash), { force: true });
  };
  const move = async ({ place, hash }: ReceivedContent): Promise<void> => {
    const target = locate(hash);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(place, target);
    receiving.delete(place);
    await syncFolder(dirname(target));
  };

  return {
    async receive(source) {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const place = join(incoming, randomUUID());
      receiving.add(place);
      try {
        return { place, ...(await writeContent(place, source)) };
      } catch (error) {
        receiving.delete(place);
        await rm(place, { force: true });
        throw error;
      }
    },
    async discard({ place }) {
      receiving.delete(place);
      await rm(place, { force: true });
    },
    keep: (content, insertFile) =>
      inOrder(async () => {
        await move(content);
        try {
          await write(insertFile);
        } catch (error) {
          await removeUnused([content.hash]).catch(() => {});
          throw error;
        }
      }),
    read: ({ hash }) => readFile(locate(hash)),
    async open({ hash }) {
      const handle = await open(locate(hash));
      return handle.createReadStream();
    },
    removeUnused: (hashes) => inOrder(() => removeUnused(hashes)),
    async sweep() {
      for (const name of await list(incoming)) {
        const place = join(incoming, name);
        if (!receiving.has(place)) await rm(place, { force: true });
      }
      const folders = (await list(folder)).filter((name) => name.length === 2);
      const names = await Promise.all(folders.map((name) => list(join(folder, name))));
      return names.flat().filter((name) => hashPattern.test(name));
    },
  };
}

async function writeContent(
  path: string,
  source: AsyncIterable<Buffer>,
): Promise<Pick<ReceivedContent, "bytes" | "hash">> {
  const hash = createHash("sha256");
  let bytes = 0;
  const handle = await open(path, "wx", 0o600);
  try {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, hash: hash.digest("hex") };
}

/** Empty for a folder that does not exist. */
async function list(folder: string): Promise<readonly string[]> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? readdir(folder) : [];
}

/** Makes a new name durable. Some systems cannot open a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
