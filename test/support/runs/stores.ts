/** Opens stores for tests, in a temporary folder. They close when the test finishes. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import { createNodeSqlite } from "../../../server/agent/sessions/node-sqlite.ts";
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
  const database = createNodeSqlite(file, { onOpen, syncFile, maxLogBytes });
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
