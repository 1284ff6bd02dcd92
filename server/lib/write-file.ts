/** Replaces a file in one step: a reader sees the old content or the new one, also after a power failure. */
import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

interface WriteOptions {
  /** The mode of a new file. An existing one keeps its own. */
  readonly mode: number;
}

/** A symbolic link stays: the file that it leads to is replaced. */
export async function replaceFile(file: string, text: string, { mode }: WriteOptions): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const existing = await stat(target).catch(() => undefined);
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, "wx", (existing?.mode ?? mode) & 0o777);
    try {
      await handle.writeFile(text);
      if (existing !== undefined) {
        // The umask does not apply to a file that exists already. Only root can give a file away.
        await handle.chmod(existing.mode & 0o777);
        if (process.getuid?.() === 0) await handle.chown(existing.uid, existing.gid);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Makes the new name durable. Some systems cannot open a folder. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The file itself is durable.
  }
}
