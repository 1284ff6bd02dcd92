/** Leases of sessions in SQL. One lease at a time can append, and every append checks its fencing token. */
import type { Kysely, Transaction } from "kysely";
import { describeError, GatewayError } from "../../lib/errors.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { canView, createSessionNotFoundError } from "./permissions.ts";
import type { SessionChangeNotifier } from "./catalog.ts";
import type { ChangeNotifier } from "./change-notifier.ts";
import { markDeleted } from "./deleted-conversations.ts";
import { toRows, type EntryRow, type ReadEntry } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";
import { canHaveSystemEvents, findConversationId, findOwner } from "./session-keys.ts";
import { bindConversation } from "./sql-conversations.ts";
import { takeSystemEvents } from "./sql-system-events.ts";
import type { Entry, GetFirstEntries, SessionLease, SessionOwner, SessionStore } from "./store.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { createConversationCache, type ConversationCache } from "./conversation-cache.ts";
import { leaseMs, type LeaseQueries } from "./lease-queries.ts";
import { isExpired, type ResetOptions } from "./session-reset.ts";
import { LeasedElsewhereError, waitForTurn } from "./session-queue.ts";
import { emptyWindow, readRecentEntries, type EntryWindow } from "./recent-entries.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface LeaseDeps {
  readonly transactions: Transactions;
  readonly queries: LeaseQueries;
  readonly statements: StatementDialect;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  readonly getReset: () => ResetOptions;
  readonly changes: SessionChangeNotifier;
  /** Notifies by the key of a session whose lease has ended. */
  readonly releases: ChangeNotifier<"released">;
  readonly readEntry: ReadEntry;
  readonly clock: Clock;
  /** While it is false, no conversation is reset because of its age. */
  readonly isClockTrusted: () => boolean;
  readonly newId: NewId;
  readonly log: Log | undefined;
}

interface ActiveLeaseDeps extends LeaseDeps {
  readonly cache: ConversationCache;
}

interface LeaseState {
  readonly key: string;
  /** Name of the credential that owns the session. */
  readonly credential: string;
  readonly id: string;
  readonly fence: number;
  /** True when this lease created the session. */
  readonly isNewSession: boolean;
  /** True when the previous conversation had expired and this lease started a new one. */
  readonly isReset: boolean;
  /** When the session was last used. */
  readonly updatedAt: number;
  /** The entries that were stored before. */
  readonly window: EntryWindow;
  /** Rows that were stored with the lease. */
  readonly firstRows: readonly EntryRow[];
}

export function createLeases(deps: LeaseDeps): Pick<SessionStore, "acquire"> {
  const cache = createConversationCache(deps.readEntry);
  return {
    acquire: (key, owner, getFirstEntries = () => [], options) =>
      withStorageErrors(async () => {
        const takesSystemEvents = options?.takesSystemEvents === true && canHaveSystemEvents(key);
        const request = { key, owner, getFirstEntries, takesSystemEvents, cache };
        const take = async (): Promise<LeaseState> =>
          (await takeLeaseAgain(request, deps)) ??
          (await deps.transactions.write((tx) => takeLease(tx, request, deps)));
        const state = await (options === undefined ? take() : waitForTurn(key, take, options, deps));
        const { credential } = state;
        if (state.isReset) deps.changes.notify(state.key, { reason: "reset", credential });
        if (state.firstRows.length > 0) deps.changes.notify(state.key, { reason: "appended", credential });
        return createLease(state, { ...deps, cache });
      }),
  };
}

interface LeaseRequest {
  readonly key: string;
  readonly owner: SessionOwner;
  readonly getFirstEntries: GetFirstEntries;
  readonly takesSystemEvents: boolean;
  readonly cache: ConversationCache;
}

/** Takes the lease of a session whose last run was here. Undefined when that is not certain. */
async function takeLeaseAgain(
  { key, owner, getFirstEntries, cache }: LeaseRequest,
  { transactions, queries, node, getReset, clock }: LeaseDeps,
): Promise<LeaseState | undefined> {
  if (queries.takeAgain === undefined || getReset() !== undefined) return undefined;
  const cached = cache.find(key);
  if (cached === undefined || !canView(owner.credential, cached.credential)) return undefined;
  const { id, fence, credential, window } = cached;
  const now = clock();
  const firstEntries = getFirstEntries(window.entries, []);
  const firstRows = await toRows(id, window.entries.at(-1)?.seq ?? 0, now, firstEntries);
  const updatedAt = firstRows.length > 0 ? Math.max(now, cached.updatedAt) : cached.updatedAt;
  const lease = { key, id, fence, lease_owner: node, updated_at: updatedAt, now };
  const { takeAgain } = queries;
  if (!(await transactions.writeStatement((db) => takeAgain(db, lease, firstRows)))) return undefined;
  cache.take(key, id, fence);
  const state = { key, credential, id, fence: fence + 1, updatedAt, window, firstRows };
  return { ...state, isNewSession: false, isReset: false };
}

async function takeLease(
  tx: Transaction<Tables>,
  { key: requestedKey, owner, getFirstEntries, takesSystemEvents, cache }: LeaseRequest,
  { queries, statements, node, getReset, readEntry, clock, isClockTrusted, newId }: LeaseDeps,
): Promise<LeaseState> {
  const now = clock();
  const conversationId = findConversationId(requestedKey);
  const binding = { key: requestedKey, agentId: owner.agentId };
  const key =
    conversationId === undefined
      ? requestedKey
      : (await bindConversation(tx, conversationId, binding, statements)).key;
  const {
    session: row,
    leaseNow,
    firstWaiter = node,
  } = await queries.upsertSession(tx, {
    key,
    id: newId("session_"),
    agent_id: owner.agentId,
    credential: findOwner(key) ?? owner.credential,
    label: owner.label ?? null,
    created_at: now,
    updated_at: now,
    fence: 0,
  });
  if (!canView(owner.credential, row.credential)) throw createSessionNotFoundError();
  // Runs of one process wait for each other before this. A lease of the same process is one whose release failed.
  const isLeasedElsewhere = row.lease_owner !== null && row.lease_owner !== node;
  if (isLeasedElsewhere && (row.lease_until ?? 0) > leaseNow) throw new LeasedElsewhereError();
  if (firstWaiter !== node) throw new LeasedElsewhereError();
  const fence = row.fence + 1;
  // A conversation lasts until it is deleted.
  const isReset =
    conversationId === undefined && isClockTrusted() && isExpired(row.updated_at, now, getReset());
  const id = isReset ? newId("session_") : row.id;
  if (isReset) await markDeleted(tx, row.id);
  const isNewSession = row.fence === 0;
  const isEmpty = isReset || isNewSession;
  const window = isEmpty
    ? emptyWindow
    : (cache.take(key, id, row.fence) ?? (await readRecentEntries(tx, id, readEntry)));
  const systemEvents = takesSystemEvents ? await takeSystemEvents(tx, key) : [];
  const firstEntries = getFirstEntries(window.entries, systemEvents);
  const firstRows = await toRows(id, window.entries.at(-1)?.seq ?? 0, now, firstEntries);
  const updatedAt = isReset || firstRows.length > 0 ? Math.max(now, row.updated_at) : row.updated_at;
  await queries.startLease(tx, {
    key,
    id,
    fence,
    lease_owner: node,
    lease_until: leaseNow + leaseMs,
    updated_at: updatedAt,
  });
  await queries.insertEntries(tx, firstRows);
  const { credential } = row;
  return { key, credential, id, fence, isNewSession, isReset, updatedAt, window, firstRows };
}

function createLease(state: LeaseState, deps: ActiveLeaseDeps): SessionLease {
  const { key, credential, id, fence, isNewSession, window, firstRows } = state;
  const { node, transactions, queries, cache, changes, clock, log } = deps;
  const appendedRows = [...firstRows];
  let { updatedAt } = state;
  let pendingAppends = 0;

  const write = (
    db: Kysely<Tables>,
    leaseOwner: string | null,
    rows: readonly EntryRow[] = [],
  ): Promise<boolean> =>
    queries.append(
      db,
      { key, id, fence, updated_at: updatedAt, lease_owner: leaseOwner, now: clock() },
      rows,
    );
  const renew = async (): Promise<void> => {
    try {
      await transactions.writeStatement((db) => write(db, node));
    } catch (error) {
      log?.warn("the lease of a session could not be renewed", {
        sessionKey: key,
        cause: describeError(error),
      });
    }
  };
  const heartbeat = setInterval(() => void renew(), leaseMs / 3).unref();

  const findLastSeq = async (db: Kysely<Tables>): Promise<number> => {
    // Another append of this lease can be in the same commit.
    if (pendingAppends > 1) return readLastSeq(db, id);
    return appendedRows.at(-1)?.seq ?? window.entries.at(-1)?.seq ?? 0;
  };
  const append = async (newEntries: readonly Entry[], leaseOwner: string | null): Promise<void> => {
    const now = clock();
    updatedAt = Math.max(now, updatedAt);
    pendingAppends += 1;
    try {
      const rows = await transactions.writeStatement(async (db) => {
        const newRows = await toRows(id, await findLastSeq(db), now, newEntries);
        if (!(await write(db, leaseOwner, newRows))) throw createTakenOverError();
        return newRows;
      });
      appendedRows.push(...rows);
    } finally {
      pendingAppends -= 1;
    }
    changes.notify(key, { reason: "appended", credential });
  };
  let lastAppend = Promise.resolve();
  /** Every append numbers its entries after those of the one before. */
  const appendInOrder: typeof append = (...args) => {
    if (!transactions.isConcurrent) return append(...args);
    const result = lastAppend.then(() => append(...args));
    lastAppend = result.catch(() => {});
    return result;
  };
  const deleteEmptySession = async (tx: Transaction<Tables>): Promise<void> => {
    await tx
      .deleteFrom("sessions")
      .where("key", "=", key)
      .where("id", "=", id)
      .where("fence", "=", fence)
      .execute();
  };
  const releaseOnly = (): Promise<boolean> =>
    transactions.write(async (tx) => {
      if (!isNewSession || appendedRows.length > 0) return write(tx, null);
      await deleteEmptySession(tx);
      return false;
    });

  return {
    credential,
    entries: window.entries,
    append: (newEntries) =>
      withStorageErrors(async () => {
        if (newEntries.length === 0) return;
        await appendInOrder(newEntries, node);
        heartbeat.refresh();
      }),
    release: (lastEntries = []) =>
      withStorageErrors(async () => {
        const hasEntries = lastEntries.length > 0;
        if (hasEntries) await appendInOrder(lastEntries, null);
        clearInterval(heartbeat);
        const isKept = hasEntries || (await releaseOnly());
        deps.releases.notify(key, "released");
        if (isKept) await cache.put(key, { id, fence, credential, updatedAt, window }, appendedRows);
      }),
  };
}

async function readLastSeq(db: Kysely<Tables>, id: string): Promise<number> {
  const entries = db.selectFrom("entries").where("session_id", "=", id);
  const { last } = await entries.select((eb) => eb.fn.max("seq").as("last")).executeTakeFirstOrThrow();
  return last ?? 0;
}

/** Not retryable: the model may have answered already, and a retry would be a second run. */
function createTakenOverError(): GatewayError {
  const message = "The session was taken over by another run, reset or deleted while this run was at work.";
  return new GatewayError("session_busy", message, { retry: false });
}
