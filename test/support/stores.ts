/** Stores for tests: in a folder of the test's own, closed when it has finished. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import { nodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "../../server/agent/sessions/sql-store.ts";
import type { Entry } from "../../server/agent/sessions/store.ts";
import { randomId } from "../../server/ids.ts";
import { temporaryFolder } from "./gateway.ts";
import { user } from "./runs.ts";

type StoreOptions = Partial<Omit<Parameters<typeof openSqlStore>[0], "dialect">> & {
  readonly file?: string;
  readonly opened?: (database: DatabaseSync) => void;
};

export async function openStore({
  file = newStoreFile(),
  opened,
  ...rest
}: StoreOptions = {}): Promise<Store> {
  const dialect = nodeSqliteDialect(file, opened);
  const store = await openSqlStore({ dialect, clock: Date.now, newId: randomId, exclusive: true, ...rest });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= store.close());
  onTestFinished(close);
  return { ...store, close };
}

export const newStoreFile = (): string => join(temporaryFolder(), "state", "sessions.sqlite");

export const sessionKey = "agent:main:k";

export const owner = { agentId: "main", credential: "alice" };

/** An entry of a user's turn. */
export const said = (text: string): Entry => ({ kind: "turn", runId: "run_1", turn: user(text) });

/** What a run does: takes the session, adds to it, gives it back. */
export async function add(store: Store, key: string, ...entries: readonly Entry[]): Promise<void> {
  const lease = await store.acquire(key, owner);
  await lease.append(entries);
  await lease.release();
}

export async function entriesOf(store: Store, key = sessionKey): Promise<readonly Entry[]> {
  const lease = await store.acquire(key, owner);
  await lease.release();
  return lease.entries.map(({ entry }) => entry);
}
