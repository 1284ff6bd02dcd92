/** Opens a store in a file for tests of what it keeps and deletes. */
import { createNodeSqlite } from "../../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "../../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../../server/lib/ids.ts";
import type { Clock } from "../../../server/lib/ports.ts";

export function openTestStore(
  file: string,
  options: { readonly clock: Clock; readonly auditRetentionMs?: () => number },
): Promise<Store> {
  return openSqlStore({ database: createNodeSqlite(file), newId: randomId, isExclusive: true, ...options });
}
