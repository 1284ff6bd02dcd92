/** The store of a gateway in SQL. The statements are the same for every database that Kysely supports. */
import { randomUUID } from "node:crypto";
import { Kysely } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import { parseDurationMs } from "../../../contracts/config/fields.ts";
import type { KeyStore } from "../../lib/key-store.ts";
import type { Live } from "../../lib/live.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import type { SessionCatalog, SessionChange } from "./catalog.ts";
import { createChangeNotifier } from "./change-notifier.ts";
import { cleanUpResponses, cleanUpSessions, countSessions, createCleanup } from "./cleanup.ts";
import { cleanUpDeletedConversations } from "./deleted-conversations.ts";
import { createEntryReader } from "./entry-rows.ts";
import { openExpiryGuard } from "./expiry-guard.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import { markInterrupted } from "./mark-interrupted.ts";
import { migrate } from "./migrations.ts";
import type { ResponseStore } from "./responses.ts";
import type { Tables } from "./schema.ts";
import { cleanUpAudit, createAuditStore } from "./sql-audit.ts";
import { cleanUpBudgets, createBudgetStore } from "./sql-budgets.ts";
import type { ConversationStore } from "./conversations.ts";
import { createSessionCatalog } from "./sql-catalog.ts";
import { createConversationStore } from "./sql-conversations.ts";
import { cleanUpIdempotency, createIdempotencyStore } from "./sql-idempotency.ts";
import { createKeyStore } from "./sql-keys.ts";
import { createLeases } from "./sql-leases.ts";
import type { AuditStore } from "../../lib/audit-store.ts";
import type { BudgetStore } from "../../lib/budget-store.ts";
import type { UsageStore } from "../../lib/usage-store.ts";
import { createResponseStore } from "./sql-responses.ts";
import { cleanUpUsage, createUsageStore } from "./sql-usage.ts";
import type { SessionStore } from "./store.ts";
import { createWriteProbe } from "./write-probe.ts";
import type { SqlDatabase, Transactions } from "./transactions.ts";

export interface SqlStoreDeps {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  /** Milliseconds of running time. Default: the process's own. */
  readonly runningTime?: Clock;
  readonly newId: NewId;
  /** True when no other process uses this store. A lease found at startup then belongs to a dead process. */
  readonly isExclusive: boolean;
  /** Copies the store before it is upgraded. */
  readonly backUp?: () => Promise<unknown>;
  /** When conversations are reset and deleted. Read at each use. Absent: never. */
  readonly session?: Live<Config["session"]>;
  /** How long rows of usage are kept, in milliseconds. Absent: for ever. */
  readonly usageRetentionMs?: () => number;
  /** How long entries of the audit log are kept, in milliseconds. Absent: for ever. */
  readonly auditRetentionMs?: () => number;
  readonly log?: Log;
}

/** Everything a gateway stores. Runs use only the `SessionStore` part. */
export interface Store extends SessionStore {
  readonly sessions: SessionCatalog;
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly idempotency: IdempotencyStore;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly budgets: BudgetStore;
  readonly audit: AuditStore;
  /** Resolves to the number of stored sessions. */
  countSessions(): Promise<number>;
  /** The clock for credentials: setting it back revives none that has expired. */
  readonly getLatestTime: Clock;
  /** Identifies the store. A copy has the same id. */
  readonly id: string;
  /** Looks for damage in the file of the store, and logs it. */
  check(): Promise<void>;
  /** Resolves to false while the store cannot be written in time. */
  readonly isWritable: () => Promise<boolean>;
  /** Deletes expired rows. This also happens at startup and every hour. */
  cleanUp(): Promise<void>;
}

/** A time before everything: nothing has expired. */
const never = -1;

const cleanupIntervalMs = 3_600_000;

/** Opens and upgrades the store. Throws when it cannot be used. */
export async function openSqlStore(deps: SqlStoreDeps): Promise<Store> {
  const { clock, newId, session, log } = deps;
  const transactions = await openDatabase(deps);
  const changes = createChangeNotifier<SessionChange>();
  const { runningTime = () => performance.now() } = deps;
  const getMaintenance = (): Config["session"]["maintenance"] | undefined => session?.current.maintenance;
  const expiry = await openExpiryGuard({
    transactions,
    clock,
    runningTime,
    getPruneAfterMs: () => {
      const maintenance = getMaintenance();
      return maintenance && parseDurationMs(maintenance.pruneAfter);
    },
    log,
  });
  const { isClockTrusted } = expiry;
  const tasks = {
    // oxlint-disable-next-line require-yield -- a task of one step
    async *clock() {
      await expiry.check();
    },
    sessions: () =>
      cleanUpSessions({
        transactions,
        changes,
        options: getMaintenance(),
        now: clock(),
        isClockTrusted,
        log,
      }),
    conversations: () => cleanUpDeletedConversations(transactions),
    responses: () => cleanUpResponses(transactions, isClockTrusted() ? clock() : never),
    idempotency: () => cleanUpIdempotency(transactions, isClockTrusted() ? clock() : never),
    usage: () => {
      const now = isClockTrusted() ? clock() : never;
      return cleanUpUsage(transactions, now - (deps.usageRetentionMs?.() ?? Infinity), now);
    },
    budgets: () => cleanUpBudgets(transactions, isClockTrusted() ? clock() : never),
    audit: () =>
      cleanUpAudit(
        transactions,
        (isClockTrusted() ? clock() : never) - (deps.auditRetentionMs?.() ?? Infinity),
      ),
    space: () => transactions.shrink(),
  };
  const readEntry = createEntryReader(log);
  const cleanup = createCleanup(tasks, cleanupIntervalMs, log);
  const node = newId("node_");
  return {
    ...createLeases({
      transactions,
      readEntry,
      node,
      getReset: () => session?.current.reset,
      changes,
      clock,
      isClockTrusted,
      newId,
      log,
    }),
    sessions: createSessionCatalog({
      transactions,
      changes,
      readEntry,
      clock,
      newId,
      onDelete: cleanup.schedule,
    }),
    conversations: createConversationStore({ transactions, readEntry, clock, newId }),
    responses: createResponseStore(transactions, clock),
    idempotency: createIdempotencyStore({ transactions, clock, isClockTrusted, newId }),
    keys: createKeyStore(transactions),
    usage: createUsageStore(transactions),
    budgets: createBudgetStore(transactions),
    audit: createAuditStore(transactions),
    countSessions: () => transactions.readInternally((db) => countSessions(db)),
    getLatestTime: expiry.getLatestTime,
    id: await readId(transactions),
    async check() {
      const problems = await transactions.checkFile();
      if (problems !== undefined && problems.length > 0)
        log?.error("the session store is damaged; restore a backup", { problems: problems.join("; ") });
    },
    isWritable: createWriteProbe(transactions, runningTime),
    cleanUp: cleanup.runNow,
    async close() {
      await cleanup.stop();
      await transactions.close();
    },
  };
}

async function readId({ write }: Transactions): Promise<string> {
  return write(async (tx) => {
    const { id } = await tx.selectFrom("store").select("id").executeTakeFirstOrThrow();
    if (id !== "") return id;
    const created = randomUUID();
    await tx.updateTable("store").set({ id: created }).execute();
    return created;
  });
}

/** Upgrades the database, and cleans up after a process that died. */
async function openDatabase({
  database,
  clock,
  isExclusive,
  backUp,
  log,
}: Pick<SqlStoreDeps, "database" | "clock" | "isExclusive" | "backUp" | "log">): Promise<Transactions> {
  const db = new Kysely<Tables>({ dialect: database.dialect });
  try {
    await migrate(db, backUp);
    if (isExclusive) await markInterrupted(db, clock);
    const transactions = database.createTransactions(db, log);
    // Makes the upgrade durable.
    await transactions.write(() => Promise.resolve());
    return transactions;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
