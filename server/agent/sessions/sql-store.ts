/** The store of a gateway in SQL: the same statements for every database that Kysely speaks to. */
import { type Dialect, Kysely } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import type { KeyStore } from "../../key-store.ts";
import type { Clock, Log, NewId } from "../types.ts";
import type { SessionCatalog, SessionChange } from "./catalog.ts";
import { createChanges } from "./changes.ts";
import { markInterrupted } from "./crash-marks.ts";
import { sweepDiscarded } from "./discarded.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import { migrate } from "./migrate.ts";
import type { ResponseStore } from "./responses.ts";
import type { Tables } from "./schema.ts";
import { createCatalog } from "./sql-catalog.ts";
import { createIdempotency, sweepIdempotency } from "./sql-idempotency.ts";
import { createKeyStore } from "./sql-keys.ts";
import { createLeases } from "./sql-leases.ts";
import { createResponses } from "./sql-responses.ts";
import type { SessionStore } from "./store.ts";
import { sweepResponses } from "./sweep-responses.ts";
import { sweepSessions } from "./sweep-sessions.ts";
import { createSweeper } from "./sweeper.ts";

interface SqlStoreParts {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly newId: NewId;
  /** True when no other process can be at work in this store: leases found at the start are a dead one's. */
  readonly exclusive: boolean;
  /** When conversations begin anew and when they are deleted; never, without. */
  readonly session?: Config["session"];
  readonly log?: Log;
}

/** Runs see the `SessionStore` of it alone. */
export interface Store extends SessionStore {
  readonly sessions: SessionCatalog;
  readonly responses: ResponseStore;
  readonly idempotency: IdempotencyStore;
  readonly keys: KeyStore;
  /** Deletes what has had its time; done by itself at the start, then every hour. */
  sweep(): Promise<void>;
}

const sweepEveryMs = 3_600_000;

/** Opens the store; throws a plain error that says what to do when it cannot be used at all. */
export async function openSqlStore(parts: SqlStoreParts): Promise<Store> {
  const { dialect, clock, newId, exclusive, session, log } = parts;
  const db = new Kysely<Tables>({ dialect });
  try {
    await migrate(db);
    if (exclusive) await markInterrupted(db, clock);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const changes = createChanges<SessionChange>();
  const sweeps = {
    sessions: () => sweepSessions({ db, changes, rules: session?.maintenance, now: clock(), log }),
    conversations: () => sweepDiscarded(db),
    responses: () => sweepResponses(db, clock()),
    answers: () => sweepIdempotency(db, clock()),
  };
  const sweeper = createSweeper(sweeps, sweepEveryMs, log);
  const node = newId("node_");
  return {
    ...createLeases({ db, node, reset: session?.reset, changes, clock, newId, log }),
    sessions: createCatalog({ db, changes, clock, newId, onDiscard: sweeper.soon }),
    responses: createResponses(db, clock),
    idempotency: createIdempotency({ db, clock, newId }),
    keys: createKeyStore(db),
    sweep: sweeper.now,
    async close() {
      await sweeper.stop();
      await db.destroy();
    },
  };
}
