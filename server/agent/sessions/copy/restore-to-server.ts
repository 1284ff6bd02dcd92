/** Copies a backup into an empty store on a server. */
import { constants, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkBackup } from "../restore-file.ts";
import { copyStore, type CopyProgress, type StoreCopy } from "./copy-store.ts";
import { openFile, openTarget, type CopyLocation } from "./open-copy-end.ts";

/** Rejects, and changes nothing, when the backup is damaged or the store is not empty. The backup stays as it is. */
export async function restoreToServer(
  backup: string,
  stateDir: string,
  location: Extract<CopyLocation, { type: "postgres" }>,
  report: (progress: CopyProgress) => void,
): Promise<StoreCopy & { readonly path: string }> {
  await checkBackup(backup);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  // An older backup is upgraded before it is copied.
  const path = join(stateDir, "restored.sqlite");
  const remove = (): void => {
    for (const suffix of ["", "-wal", "-wal.kept", "-shm"]) rmSync(path + suffix, { force: true });
  };
  remove();
  copyFileSync(backup, path, constants.COPYFILE_EXCL);
  try {
    const source = openFile(path, stateDir);
    const target = await openTarget(location);
    try {
      await source.createTables();
      const copy = await copyStore(source, target, report);
      return { ...copy, path: target.name };
    } finally {
      await source.close();
      await target.close();
    }
  } finally {
    remove();
  }
}
