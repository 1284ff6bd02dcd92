/** Opens the store of a gateway: on a server, or in the state folder, where it may be gone, and is copied before an upgrade. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../lib/ports.ts";
import { createBackup, type Backup } from "./backup.ts";
import { createFolderContents } from "./folder-contents.ts";
import type { ObserveCommit } from "./group-commit.ts";
import { createNodeSqlite } from "./node-sqlite.ts";
import { openSqlStore, type SqlStoreDeps, type Store } from "./sql-store.ts";
import { formatAddress, type StoreLocation } from "./store-location.ts";
import { createStoreMarker } from "./store-marker.ts";

interface OpenStoreOptions extends Omit<
  SqlStoreDeps,
  "database" | "createContents" | "isExclusive" | "backUp"
> {
  readonly location: StoreLocation;
  readonly stateDir: string;
  /** Whether to throw when the store that belongs to the state folder is gone. */
  readonly isStrict: boolean;
  readonly observeCommit: ObserveCommit;
  readonly log: Log;
}

interface OpenedStore {
  readonly store: Store;
  /** Where the sessions are stored, for people: the path of a file, or an address. */
  readonly path: string;
  readonly backup: () => Promise<Backup>;
}

export async function openStore({ location, ...options }: OpenStoreOptions): Promise<OpenedStore> {
  return location.type === "postgres" ? openOnServer(location, options) : openInFolder(options);
}

async function openOnServer(
  location: Extract<StoreLocation, { type: "postgres" }>,
  { observeCommit, log, ...options }: FolderOptions,
): Promise<OpenedStore> {
  const { createPostgres } = await import("./postgres/postgres.ts");
  const { createServerBackup } = await import("./copy/back-up-server.ts");
  const store = await openSqlStore({
    ...options,
    database: createPostgres({ ...location, observeCommit, log }),
    isExclusive: false,
    log,
  });
  return {
    store,
    path: `${formatAddress(location.url)} schema ${location.schema}`,
    backup: createServerBackup(location, join(options.stateDir, "backups"), options.clock),
  };
}

type FolderOptions = Omit<OpenStoreOptions, "location">;

async function openInFolder(options: FolderOptions): Promise<OpenedStore> {
  const { stateDir, isStrict, observeCommit, clock, log } = options;
  const path = join(stateDir, "sessions.sqlite");
  let database: DatabaseSync | undefined;
  const getDatabase = (): DatabaseSync => {
    if (database === undefined) throw new Error("the database is not open");
    return database;
  };
  const backup = createBackup(getDatabase, join(stateDir, "backups"), clock);
  const reportLoss = (reason: string): void => {
    if (isStrict)
      throw new Error(`${reason} Without --strict-store the gateway starts with the store that it finds.`);
    log.error("the session store that was here before is gone", { reason });
  };

  const marker = createStoreMarker(stateDir, path);
  const loss = marker.findLoss();
  if (loss !== undefined) reportLoss(loss);
  const store = await openSqlStore({
    ...options,
    database: createNodeSqlite(path, { onOpen: (opened) => (database = opened), observeCommit }),
    createContents: (transactions) => createFolderContents(join(stateDir, "files"), transactions),
    isExclusive: true,
    async backUp() {
      const copy = await backup();
      log.info("the store was copied before its upgrade", { path: copy.path });
    },
  });
  try {
    const replacement = loss === undefined ? marker.findReplacement(store.id) : undefined;
    if (replacement !== undefined) reportLoss(replacement);
    marker.remember(store.id);
  } catch (error) {
    await store.close();
    throw error;
  }
  return { store, path, backup };
}
