/** Opens one end of a copy of a store: a database that no gateway uses meanwhile. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Kysely, sql, type RawBuilder } from "kysely";
import { createDatabaseContents } from "../database-contents.ts";
import type { FileContents } from "../file-contents.ts";
import { createFolderContents } from "../folder-contents.ts";
import { createNodeSqlite } from "../node-sqlite.ts";
import { serverNow } from "../postgres/server-now.ts";
import type { Tables } from "../schema.ts";
import { formatAddress, type StoreLocation } from "../store-location.ts";
import type { SqlDatabase, Transactions } from "../transactions.ts";

export type CopyLocation =
  { readonly type: "sqlite"; readonly stateDir: string } | Extract<StoreLocation, { type: "postgres" }>;

export interface CopyEnd {
  readonly db: Kysely<Tables>;
  /** For people. */
  readonly name: string;
  /** Returns the name of a table for a statement. */
  readonly table: (name: string) => RawBuilder<unknown>;
  /** Where the contents of files are. Undefined: this store keeps none. */
  readonly contents: FileContents | undefined;
  /** The state folder of a store in a file. */
  readonly stateDir: string | undefined;
  /** True for a file with a temporary name, which it has until it is finished: no gateway can have used it. */
  readonly isHidden: boolean;
  /** Creates the tables of a new store. */
  createTables(): Promise<void>;
  /** Throws when a gateway uses the store. */
  requireUnused(): Promise<void>;
  /** Puts a complete copy where a gateway finds it, closes it, and resolves to its name there. */
  finish(): Promise<string>;
  /** Closes an incomplete copy, and deletes it where nothing else was there before. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with "database is locked" when a gateway uses the file. */
export function openSource(location: CopyLocation): Promise<CopyEnd> {
  if (location.type === "postgres") return openServer(location);
  const path = join(location.stateDir, "sessions.sqlite");
  if (!existsSync(path)) throw new Error(`There is no store in ${location.stateDir}.`);
  return Promise.resolve(openFile(path, location.stateDir));
}

/** A copy to a file has another name until it is complete. Throws when a store is there already. */
export function openTarget(location: CopyLocation): Promise<CopyEnd> {
  if (location.type === "postgres") return openServer(location);
  const { stateDir } = location;
  return Promise.resolve(openNewFile(join(stateDir, "sessions.sqlite"), stateDir));
}

export function openNewFile(path: string, stateDir?: string): CopyEnd {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const requireFree = (): void => {
    if (existsSync(path)) throw new Error(`${path} exists. A copy replaces no store: move it away first.`);
  };
  requireFree();
  const partialPath = `${path}.partial`;
  const end = openFile(partialPath, stateDir);
  const removeLogs = (): void => {
    for (const suffix of ["-wal", "-wal.kept", "-shm"]) rmSync(partialPath + suffix, { force: true });
  };
  return {
    ...end,
    isHidden: true,
    async discard() {
      await end.close();
      removeLogs();
      rmSync(partialPath, { force: true });
    },
    async finish() {
      await end.close();
      requireFree();
      removeLogs();
      renameSync(partialPath, path);
      // The next start learns the id of the store that it finds.
      if (stateDir !== undefined) rmSync(join(stateDir, "store-id"), { force: true });
      return path;
    },
  };
}

export function openFile(path: string, stateDir?: string): CopyEnd {
  const database = createNodeSqlite(path);
  const { transactions, ...end } = openDatabase(database, (table) => sql.id(table), { name: path });
  return {
    ...end,
    contents:
      stateDir === undefined ? undefined : createFolderContents(join(stateDir, "files"), transactions),
    stateDir,
    isHidden: false,
    // The lock of the file keeps gateways away.
    requireUnused: () => Promise.resolve(),
  };
}

async function openServer(location: Extract<CopyLocation, { type: "postgres" }>): Promise<CopyEnd> {
  const { createPostgres } = await import("../postgres/postgres.ts");
  const { schema } = location;
  const database = createPostgres(location);
  const { statements } = database;
  const name = `${formatAddress(location.url)} schema ${schema}`;
  const { transactions, ...end } = openDatabase(database, (table) => sql.id(schema, table), { name, schema });
  return {
    ...end,
    contents: createDatabaseContents({ transactions, statements, clock: Date.now }),
    stateDir: undefined,
    isHidden: false,
    async requireUnused() {
      const nodes = await end.db
        .selectFrom("nodes")
        .select("name")
        .where("lease_until", ">=", serverNow)
        .execute();
      if (nodes.length === 0) return;
      const names = nodes.map((node) => node.name).join(", ");
      throw new Error(
        `${name} is in use by ${names}. Stop these gateways first. One that was killed counts as running for 15 s.`,
      );
    },
  };
}

function openDatabase(
  database: SqlDatabase,
  table: CopyEnd["table"],
  { name, schema }: { readonly name: string; readonly schema?: string },
): Pick<CopyEnd, "db" | "name" | "table" | "createTables" | "finish" | "discard" | "close"> & {
  readonly transactions: Pick<Transactions, "read" | "write" | "writeStatement">;
} {
  const base = new Kysely<Tables>({ dialect: database.dialect });
  const db = schema === undefined ? base : base.withSchema(schema);
  const close = (): Promise<void> => db.destroy();
  return {
    db,
    name,
    // No other work uses the database.
    transactions: {
      read: (work) => work(db),
      write: (work) => db.transaction().execute(work),
      writeStatement: (work) => work(db),
    },
    table,
    createTables: () => database.migrate(db, undefined),
    finish: () => close().then(() => name),
    discard: close,
    close,
  };
}
