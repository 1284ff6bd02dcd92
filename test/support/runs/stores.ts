/**
 * Opens stores for tests: in a temporary folder, or, in the project `postgres`, in a schema of the server of the project. They
 * close when the test finishes.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { inject, onTestFinished } from "vitest";
import { createNodeSqlite } from "../../../server/agent/sessions/node-sqlite.ts";
import { createTypes } from "../../../server/agent/sessions/postgres/pool.ts";
import { createPostgres } from "../../../server/agent/sessions/postgres/postgres.ts";
import type { SyncFile } from "../../../server/agent/sessions/sqlite-file.ts";
import { openSqlStore, type Store } from "../../../server/agent/sessions/sql-store.ts";
import type { Entry } from "../../../server/agent/sessions/store.ts";
import { randomId } from "../../../server/lib/ids.ts";
import { createTemporaryFolder } from "../gateway/gateway.ts";
import { userTurn } from "./runs.ts";

type StoreOptions = Partial<Omit<Parameters<typeof openSqlStore>[0], "database">> & {
  readonly file?: string;
  readonly onOpen?: (database: DatabaseSync) => void;
  readonly syncFile?: SyncFile;
  readonly maxLogBytes?: number;
};

export async function openStore({
  file = createStorePath(),
  onOpen,
  syncFile,
  maxLogBytes,
  ...rest
}: StoreOptions = {}): Promise<Store> {
  const database =
    postgresUrl === undefined
      ? createNodeSqlite(file, { onOpen, syncFile, maxLogBytes })
      : createPostgres({ url: postgresUrl, schema: toSchema(file), poolSize: 4 });
  const store = await openSqlStore({
    database,
    clock: Date.now,
    // A test that sets its clock means that the time has passed.
    runningTime: rest.clock ?? Date.now,
    newId: randomId,
    isExclusive: true,
    ...rest,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= store.close());
  onTestFinished(close);
  return { ...store, close };
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Opens a store, and returns it with a function that runs SQL statements on its database. */
export async function openStoreWithSql(
  options: Omit<StoreOptions, "onOpen"> = {},
): Promise<{ readonly store: Store; readonly runSql: (statement: string) => Promise<Rows> }> {
  const { file = createStorePath() } = options;
  let database: DatabaseSync | undefined;
  const store = await openStore({ ...options, file, onOpen: (opened) => (database = opened) });
  return {
    store,
    async runSql(statement) {
      if (postgresUrl !== undefined) return runOnServer(postgresUrl, toSchema(file), statement);
      if (database === undefined) throw new Error("the store is not open");
      return database.prepare(statement).all();
    },
  };
}

/** Runs a statement in a schema of the server. */
export async function runOnServer(url: string, schema: string, statement: string): Promise<Rows> {
  const client = new Client({
    connectionString: url,
    options: `-c search_path=${schema}`,
    types: createTypes(),
  });
  await client.connect();
  try {
    return (await client.query<Rows[number]>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Address of the server where the stores are. Undefined: they are in SQLite files. */
export const postgresUrl = inject("postgresUrl");

/** Each path stands for a schema of its own. */
const toSchema = (file: string): string =>
  `test_${createHash("sha256").update(file).digest("hex").slice(0, 24)}`;

export const createStorePath = (): string => join(createTemporaryFolder(), "state", "sessions.sqlite");

export const sessionKey = "agent:main:k";

export const owner = { agentId: "main", credential: "alice" };

/** Creates the entry of a user turn. */
export const userEntry = (text: string): Entry => ({ kind: "turn", runId: "run_1", turn: userTurn(text) });

/** Appends entries as a run does: acquires the session's lease, appends, releases it. */
export async function appendEntries(store: Store, key: string, ...entries: readonly Entry[]): Promise<void> {
  const lease = await store.acquire(key, owner);
  await lease.append(entries);
  await lease.release();
}

export async function readEntries(store: Store, key = sessionKey): Promise<readonly Entry[]> {
  const lease = await store.acquire(key, owner);
  await lease.release();
  return lease.entries.map(({ entry }) => entry);
}
