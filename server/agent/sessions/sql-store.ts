/** The store of a gateway in SQL. The statements are the same for every database that Kysely supports. */
import { type Dialect, Kysely } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import type { KeyStore } from "../../lib/key-store.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import type { SessionCatalog, SessionChange } from "./catalog.ts";
import { createChangeNotifier } from "./change-notifier.ts";
import { cleanUpResponses, cleanUpSessions, createCleanup } from "./cleanup.ts";
import { cleanUpDeletedConversations } from "./deleted-conversations.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import { markInterrupted } from "./mark-interrupted.ts";
import { migrate } from "./migrations.ts";
import type { ResponseStore } from "./responses.ts";
import type { Tables } from "./schema.ts";
import { createSessionCatalog } from "./sql-catalog.ts";
import { cleanUpIdempotency, createIdempotencyStore } from "./sql-idempotency.ts";
import { createKeyStore } from "./sql-keys.ts";
import { createLeases } from "./sql-leases.ts";
import { createResponseStore } from "./sql-responses.ts";
import type { SessionStore } from "./store.ts";

interface SqlStoreDeps {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly newId: NewId;
  /** True when no other process uses this store. A lease found at startup then belongs to a dead process. */
  readonly isExclusive: boolean;
  /** When conversations are reset and deleted. Absent: never. */
  readonly session?: Config["session"];
  readonly log?: Log;
}

/** Everything a gateway stores. Runs use only the `SessionStore` part. */
export interface Store extends SessionStore {
  readonly sessions: SessionCatalog;
  readonly responses: ResponseStore;
  readonly idempotency: IdempotencyStore;
  readonly keys: KeyStore;
  /** Deletes expired rows. This also happens at startup and every hour. */
  cleanUp(): Promise<void>;
}

const cleanupIntervalMs = 3_600_000;

/** Opens and upgrades the store. Throws when it cannot be used. */
export async function openSqlStore(deps: SqlStoreDeps): Promise<Store> {
  const { dialect, clock, newId, isExclusive, session, log } = deps;
  const db = new Kysely<Tables>({ dialect });
  try {
    await migrate(db);
    if (isExclusive) await markInterrupted(db, clock);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const changes = createChangeNotifier<SessionChange>();
  const tasks = {
    sessions: () => cleanUpSessions({ db, changes, options: session?.maintenance, now: clock(), log }),
    conversations: () => cleanUpDeletedConversations(db),
    responses: () => cleanUpResponses(db, clock()),
    idempotency: () => cleanUpIdempotency(db, clock()),
  };
  const cleanup = createCleanup(tasks, cleanupIntervalMs, log);
  const node = newId("node_");
  return {
    ...createLeases({ db, node, reset: session?.reset, changes, clock, newId, log }),
    sessions: createSessionCatalog({ db, changes, clock, newId, onDelete: cleanup.schedule }),
    responses: createResponseStore(db, clock),
    idempotency: createIdempotencyStore({ db, clock, newId }),
    keys: createKeyStore(db),
    cleanUp: cleanup.runNow,
    async close() {
      await cleanup.stop();
      await db.destroy();
    },
  };
}
