/** Copies the store on a server, which gateways use meanwhile, to a file that a store of any kind is restored from. */
import { mkdirSync, statSync } from "node:fs";
import type { Clock } from "../../../lib/ports.ts";
import { findFreePath, type Backup } from "../backup.ts";
import { startReadTransaction } from "../transactions.ts";
import { withStorageErrors } from "../with-storage-errors.ts";
import { copyStore } from "./copy-store.ts";
import { openNewFile, openSource, type CopyLocation } from "./open-copy-end.ts";

/** The copy has the state of one moment. Concurrent calls share one. Rejects with `storage_unavailable`. */
export function createServerBackup(
  location: Extract<CopyLocation, { type: "postgres" }>,
  folder: string,
  clock: Clock,
): () => Promise<Backup> {
  let pending: Promise<Backup> | undefined;
  const makeBackup = async (): Promise<Backup> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = findFreePath(folder, clock());
    const source = await openSource({ ...location, poolSize: 1 });
    try {
      const target = openNewFile(path);
      await startReadTransaction(source.db)
        .execute((db) =>
          copyStore({ ...source, db, requireUnused: () => Promise.resolve() }, target, () => {}),
        )
        .then(target.finish, async (error: unknown) => {
          await target.discard();
          throw error;
        });
    } finally {
      await source.close();
    }
    return { path, bytes: statSync(path).size };
  };
  return () => (pending ??= withStorageErrors(makeBackup).finally(() => (pending = undefined)));
}
