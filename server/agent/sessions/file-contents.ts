/** The contents of files in a folder: each under its hash, and those that arrive in a folder of their own. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { GatewayError } from "../../lib/errors.ts";
import type { ReceivedContent } from "./files.ts";

export interface FileContents {
  receive(source: AsyncIterable<Buffer>): Promise<ReceivedContent>;
  discard(content: Pick<ReceivedContent, "path">): Promise<void>;
  /** Durable when it resolves. */
  keep(content: ReceivedContent): Promise<void>;
  read(hash: string): Promise<Buffer>;
  open(hash: string): Promise<Readable>;
  remove(hash: string): Promise<void>;
  /** Returns the hashes of all contents, and forgets what a crash has left half received. */
  sweep(): Promise<readonly string[]>;
}

const hashPattern = /^[0-9a-f]{64}$/;

export function createFileContents(folder: string): FileContents {
  const incoming = join(folder, "incoming");
  const locate = (hash: string): string => join(folder, hash.slice(0, 2), hash);
  const receiving = new Set<string>();
  return {
    async receive(source) {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const path = join(incoming, randomUUID());
      receiving.add(path);
      try {
        return { path, ...(await writeContent(path, source)) };
      } catch (error) {
        receiving.delete(path);
        await rm(path, { force: true });
        throw error;
      }
    },
    async discard({ path }) {
      receiving.delete(path);
      await rm(path, { force: true });
    },
    async keep({ path, hash }) {
      const target = locate(hash);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(path, target);
      receiving.delete(path);
      await syncFolder(dirname(target));
    },
    read: (hash) => readFile(locate(hash)),
    async open(hash) {
      const handle = await open(locate(hash));
      return handle.createReadStream();
    },
    remove: (hash) => rm(locate(hash), { force: true }),
    async sweep() {
      for (const name of await list(incoming)) {
        const path = join(incoming, name);
        if (!receiving.has(path)) await rm(path, { force: true });
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

const reject = (): Promise<never> =>
  Promise.reject(
    new GatewayError("storage_unavailable", "Files cannot be stored while the sessions are in PostgreSQL."),
  );

/** Of a store that keeps no files. */
export const noFileContents: FileContents = {
  receive: reject,
  discard: () => Promise.resolve(),
  keep: reject,
  read: reject,
  open: reject,
  remove: () => Promise.resolve(),
  sweep: () => Promise.resolve([]),
};
