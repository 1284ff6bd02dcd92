/** The store of a gateway in SQL. The statements are the same for every database that Kysely supports. */
import type { Config } from "../../../contracts/config/config.ts";
import { parseDurationMs } from "../../../contracts/config/fields.ts";
import { webhookRetryHours } from "../../../contracts/webhook-event.ts";
import type { KeyStore } from "../../lib/key-store.ts";
import type { Live } from "../../lib/live.ts";
import { noBus, type NodeBus } from "../../lib/node-bus.ts";
import { packageVersion } from "../../lib/package.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import type { SessionCatalog, SessionChange } from "./catalog.ts";
import { createSharedNotifier } from "./change-notifier.ts";
import {
  cleanUpResponses,
  cleanUpSessions,
  countSessions,
  createCleanup,
  type DeletedSession,
} from "./cleanup.ts";
import type { SystemEventStore } from "./system-events.ts";
import { cleanUpSystemEvents, createSystemEventStore } from "./sql-system-events.ts";
import { cleanUpDeletedConversations } from "./deleted-conversations.ts";
import { shareEncryptionKey } from "./encryption-key.ts";
import { createEntryReader } from "./entry-rows.ts";
import { openExpiryGuard } from "./expiry-guard.ts";
import { createDatabaseContents } from "./database-contents.ts";
import type { FileContents } from "./file-contents.ts";
import type { FileStore } from "./files.ts";
import { openDatabase, readId } from "./open-database.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import { createInsertWebhooks } from "./insert-webhooks.ts";
import type { ResponseStore } from "./responses.ts";
import { cleanUpAudit, createAuditStore } from "./sql-audit.ts";
import { cleanUpBudgets, createBudgetStore } from "./sql-budgets.ts";
import type { ConversationStore } from "./conversations.ts";
import { createSessionCatalog } from "./sql-catalog.ts";
import { createConversationStore } from "./sql-conversations.ts";
import { createFileStore } from "./sql-files.ts";
import { cleanUpIdempotency, createIdempotencyStore } from "./sql-idempotency.ts";
import { createKeyStore } from "./sql-keys.ts";
import { createLeases } from "./sql-leases.ts";
import type { AuditStore } from "../../lib/audit-store.ts";
import type { BudgetStore } from "../../lib/budget-store.ts";
import type { UsageStore } from "../../lib/usage-store.ts";
import type { WebhookFilter, WebhookQueue } from "../../lib/webhook-queue.ts";
import { createResponseStore } from "./sql-responses.ts";
import { cleanUpUsage, createUsageStore } from "./sql-usage.ts";
import { cleanUpWebhooks, createWebhookQueue } from "./sql-webhooks.ts";
import type { SessionStore } from "./store.ts";
import { withStorageErrors } from "./with-storage-errors.ts";
import { createWriteProbe } from "./write-probe.ts";
import type {
  NodeInfo,
  NodeLoad,
  NodeStatus,
  SharedState,
  SqlDatabase,
  Transactions,
} from "./transactions.ts";

export interface SqlStoreDeps {
  readonly database: SqlDatabase;
  /** Creates what keeps the contents of files. Absent: they are in the database. */
  readonly createContents?: (transactions: Transactions) => FileContents;
  readonly clock: Clock;
  /** Milliseconds of running time. Default: the process's own. */
  readonly runningTime?: Clock;
  readonly newId: NewId;
  /** True when no other process uses this store. A lease found at startup then belongs to a dead process. */
  readonly isExclusive: boolean;
  /** Name of this process among those that share the store, for people. */
  readonly nodeName?: string | undefined;
  /** Copies the store before it is upgraded. */
  readonly backUp?: () => Promise<unknown>;
  /** When conversations are reset and deleted. Read at each use. Absent: never. */
  readonly session?: Live<Config["session"]>;
  /** How long rows of usage are kept, in milliseconds. Absent: for ever. */
  readonly usageRetentionMs?: () => number;
  /** How long entries of the audit log are kept, in milliseconds. Absent: for ever. */
  readonly auditRetentionMs?: () => number;
  /** Who gets events about background responses. Read at each use. Absent: nobody. */
  readonly webhooks?: () => readonly WebhookFilter[];
  /** Called for each session that was deleted because of its age. */
  readonly onExpiredSession?: (session: DeletedSession) => void;
  readonly log?: Log;
}

/** Everything a gateway stores. Runs use only the `SessionStore` part. */
export interface Store extends SessionStore {
  readonly sessions: SessionCatalog;
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly files: FileStore;
  readonly idempotency: IdempotencyStore;
  readonly keys: KeyStore;
  readonly usage: UsageStore;
  readonly budgets: BudgetStore;
  readonly audit: AuditStore;
  /** State that several nodes share, instead of each node's memory. Absent with one node. */
  readonly shared: SharedState | undefined;
  readonly webhooks: WebhookQueue;
  readonly systemEvents: SystemEventStore;
  /** Resolves to the number of stored sessions. */
  countSessions(): Promise<number>;
  /** The clock for credentials: setting it back revives none that has expired. */
  readonly getLatestTime: Clock;
  /** Identifies the store. A copy has the same id. */
  readonly id: string;
  /** Returns the encryption key of the nodes that share the store, or `ownKey` where there is one node. */
  shareEncryptionKey(ownKey: Uint8Array, passphrase: string | undefined): Promise<Uint8Array>;
  /** Looks for damage in the file of the store, and logs it. */
  check(): Promise<void>;
  /** This process among those that share the store. */
  readonly nodes: {
    readonly self: NodeInfo;
    readonly bus: NodeBus;
    listOthers(): readonly NodeInfo[];
    /** Resolves to all nodes, this one included. */
    listAll(): Promise<readonly NodeStatus[]>;
    /** `read` returns what this node does. It is called at every heartbeat. */
    reportLoad(read: () => NodeLoad): void;
    /** Writes the load at once. */
    refresh(): Promise<void>;
  };
  /** Resolves to false while the store cannot be written in time. */
  readonly isWritable: () => Promise<boolean>;
  /** Deletes expired rows. This also happens at startup and every hour. */
  cleanUp(): Promise<void>;
}

/** A retention that never ends. Databases have no infinity. */
const forever = Number.MAX_SAFE_INTEGER;

/** A time before everything: nothing has expired. */
const never = -1;

const cleanupIntervalMs = 3_600_000;

/** Opens and upgrades the store. Throws when it cannot be used. */
export async function openSqlStore(deps: SqlStoreDeps): Promise<Store> {
  const { clock, newId, session, log } = deps;
  const { statements } = deps.database;
  const node = newId("node_");
  const insertWebhooks = createInsertWebhooks({
    getReceivers: deps.webhooks ?? (() => []),
    statements,
    retryMs: webhookRetryHours * 3_600_000,
    clock,
    newId,
    log,
  });
  const self = { id: node, name: deps.nodeName ?? node, version: packageVersion, startedAt: clock() };
  let readLoad = (): NodeLoad => ({ runs: 0, isDraining: false });
  const { transactions, membership } = await openDatabase(deps, self, () => readLoad(), insertWebhooks);
  const bus = membership?.bus ?? noBus;
  const changes = createSharedNotifier<SessionChange>(bus, "session");
  const releases = createSharedNotifier<"released">(bus, "release");
  const responseChanges = createSharedNotifier<"grown">(bus, "response");
  const { runningTime = () => performance.now() } = deps;
  const getMaintenance = (): Config["session"]["maintenance"] | undefined => session?.current.maintenance;
  const expiry = await openExpiryGuard({
    transactions,
    statements,
    clock,
    runningTime,
    getPruneAfterMs: () => {
      const maintenance = getMaintenance();
      return maintenance && parseDurationMs(maintenance.pruneAfter);
    },
    log,
  });
  const { isClockTrusted } = expiry;
  const contents =
    deps.createContents?.(transactions) ?? createDatabaseContents({ transactions, statements, clock });
  const files = createFileStore({ transactions, contents, clock, newId });
  const shared = deps.database.createSharedState?.(transactions);
  const webhooks = createWebhookQueue({ transactions, statements, node, clock });
  const tasks = {
    // oxlint-disable-next-line require-yield -- a task of one step
    async *clock() {
      await expiry.check();
    },
    sessions: () =>
      cleanUpSessions({
        transactions,
        statements,
        changes,
        options: getMaintenance(),
        now: clock(),
        isClockTrusted,
        log,
        onExpired: deps.onExpiredSession,
      }),
    conversations: () => cleanUpDeletedConversations(transactions),
    responses: () => cleanUpResponses(transactions, isClockTrusted() ? clock() : never),
    idempotency: () => cleanUpIdempotency(transactions, isClockTrusted() ? clock() : never),
    usage: () => {
      const now = isClockTrusted() ? clock() : never;
      return cleanUpUsage(transactions, now - (deps.usageRetentionMs?.() ?? forever), now);
    },
    budgets: () => cleanUpBudgets(transactions, isClockTrusted() ? clock() : never),
    audit: () =>
      cleanUpAudit(
        transactions,
        statements,
        (isClockTrusted() ? clock() : never) - (deps.auditRetentionMs?.() ?? forever),
      ),
    webhooks: () =>
      cleanUpWebhooks(transactions, statements.now(isClockTrusted() ? clock : () => never), log),
    // oxlint-disable-next-line require-yield -- a task of one step
    async *shared() {
      await shared?.cleanUp();
    },
    systemEvents: () => cleanUpSystemEvents(transactions, isClockTrusted() ? clock() : never),
    files: () => files.cleanUp(isClockTrusted() ? clock() : never),
    space: () => transactions.shrink(),
  };
  const readEntry = createEntryReader(log);
  const probeWrite = createWriteProbe(transactions, runningTime);
  const cleanup = createCleanup(tasks, cleanupIntervalMs, log);
  return {
    ...createLeases({
      transactions,
      queries: statements.createLeaseQueries(),
      statements,
      readEntry,
      node,
      getReset: () => session?.current.reset,
      changes,
      releases,
      clock,
      isClockTrusted,
      newId,
      log,
    }),
    sessions: createSessionCatalog({
      transactions,
      statements,
      changes,
      readEntry,
      clock,
      newId,
      onDelete: cleanup.schedule,
    }),
    conversations: createConversationStore({ transactions, readEntry, clock, newId }),
    responses: createResponseStore({
      transactions,
      node,
      changes: responseChanges,
      insertWebhooks,
      onWebhooks: webhooks.notifyAdded,
      clock,
    }),
    webhooks,
    systemEvents: createSystemEventStore({ transactions, statements, clock, log }),
    files,
    idempotency: createIdempotencyStore({ transactions, node, clock, isClockTrusted, newId }),
    keys: createKeyStore(transactions, bus),
    usage: createUsageStore(transactions, self.name),
    budgets: createBudgetStore(transactions),
    audit: createAuditStore(transactions, statements),
    shared,
    countSessions: () => transactions.readInternally((db) => countSessions(db)),
    getLatestTime: expiry.getLatestTime,
    id: await readId(transactions, statements),
    shareEncryptionKey: (ownKey, passphrase) =>
      membership === undefined
        ? Promise.resolve(ownKey)
        : shareEncryptionKey(transactions, statements, ownKey, passphrase),
    async check() {
      const problems = await transactions.checkFile();
      if (problems !== undefined && problems.length > 0)
        log?.error("the session store is damaged; restore a backup", { problems: problems.join("; ") });
    },
    isWritable: async () => membership?.isCompatible() !== false && (await probeWrite()),
    nodes: {
      self,
      bus,
      listOthers: () => membership?.listOthers() ?? [],
      listAll: () =>
        membership === undefined
          ? Promise.resolve([{ ...self, ...readLoad(), lastHeartbeatAt: clock() }])
          : withStorageErrors(membership.listAll),
      reportLoad: (read) => void (readLoad = read),
      refresh: async () => membership?.refresh(),
    },
    cleanUp: cleanup.runNow,
    async close() {
      await cleanup.stop();
      await membership?.close();
      await transactions.close();
    },
  };
}
