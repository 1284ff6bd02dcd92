/** Leases of sessions in SQL. One lease at a time can append, and every append checks its fencing token. */
import type { Transaction } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import { describeError, GatewayError } from "../../lib/errors.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { canView, createSessionNotFoundError } from "./permissions.ts";
import type { SessionChangeNotifier } from "./catalog.ts";
import { markDeleted } from "./deleted-conversations.ts";
import { toRow, type EntryRow, type ReadEntry } from "./entry-rows.ts";
import type { SessionRow, Tables } from "./schema.ts";
import { findConversationId, findOwner } from "./session-keys.ts";
import { bindConversation } from "./sql-conversations.ts";
import type { Entry, SessionLease, SessionOwner, SessionStore, StoredEntry } from "./store.ts";
import type { Transactions } from "./transactions.ts";
import { createConversationCache, type ConversationCache } from "./conversation-cache.ts";
import { createLeaseQueries, type LeaseQueries } from "./lease-queries.ts";
import { emptyWindow, readRecentEntries, type EntryWindow } from "./recent-entries.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

/** `session.reset` of the configuration. */
type ResetOptions = Config["session"]["reset"];

interface LeaseDeps {
  readonly transactions: Transactions;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  readonly getReset: () => ResetOptions;
  readonly changes: SessionChangeNotifier;
  readonly readEntry: ReadEntry;
  readonly clock: Clock;
  /** While it is false, no conversation is reset because of its age. */
  readonly isClockTrusted: () => boolean;
  readonly newId: NewId;
  readonly log: Log | undefined;
}

interface ActiveLeaseDeps extends LeaseDeps {
  readonly cache: ConversationCache;
  readonly queries: LeaseQueries;
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
  /** What was stored before. */
  readonly window: EntryWindow;
  /** Rows that were stored with the lease. */
  readonly firstRows: readonly EntryRow[];
}

type GetFirstEntries = (entries: readonly StoredEntry[]) => readonly Entry[];

type LeaseColumns = Pick<SessionRow, "lease_owner" | "lease_until">;

const releasedLease: LeaseColumns = { lease_owner: null, lease_until: null };
const leaseMs = 30_000;
const defaultIdleMinutes = 60;

export function createLeases(deps: LeaseDeps): Pick<SessionStore, "acquire"> {
  const cache = createConversationCache(deps.readEntry);
  const queries = createLeaseQueries();
  return {
    acquire: (key, owner, getFirstEntries = () => []) =>
      withStorageErrors(async () => {
        const state = await deps.transactions.write((tx) =>
          takeLease(tx, { key, owner, getFirstEntries, cache, queries }, deps),
        );
        const { credential } = state;
        if (state.isReset) deps.changes.notify(state.key, { reason: "reset", credential });
        if (state.firstRows.length > 0) deps.changes.notify(state.key, { reason: "appended", credential });
        return createLease(state, { ...deps, cache, queries });
      }),
  };
}

interface LeaseRequest {
  readonly key: string;
  readonly owner: SessionOwner;
  readonly getFirstEntries: GetFirstEntries;
  readonly cache: ConversationCache;
  readonly queries: LeaseQueries;
}

async function takeLease(
  tx: Transaction<Tables>,
  { key: requestedKey, owner, getFirstEntries, cache, queries }: LeaseRequest,
  { node, getReset, readEntry, clock, isClockTrusted, newId }: LeaseDeps,
): Promise<LeaseState> {
  const now = clock();
  const conversationId = findConversationId(requestedKey);
  const row =
    conversationId === undefined
      ? await queries.upsertSession(tx, {
          key: requestedKey,
          id: newId("session_"),
          agent_id: owner.agentId,
          credential: findOwner(requestedKey) ?? owner.credential,
          label: owner.label ?? null,
          created_at: now,
          updated_at: now,
          fence: 0,
        })
      : await bindConversation(tx, conversationId, { key: requestedKey, agentId: owner.agentId });
  const { key } = row;
  if (!canView(owner.credential, row.credential)) throw createSessionNotFoundError();
  // Runs of one process wait for each other before this. A lease of the same process is one whose release failed.
  const isLeasedElsewhere = row.lease_owner !== null && row.lease_owner !== node;
  if (isLeasedElsewhere && (row.lease_until ?? 0) > now) throw createSessionBusyError();
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
  const firstRows = toRows(id, window.entries.at(-1)?.seq ?? 0, now, getFirstEntries(window.entries));
  const updatedAt = isReset || firstRows.length > 0 ? Math.max(now, row.updated_at) : row.updated_at;
  await queries.startLease(tx, {
    key,
    id,
    fence,
    lease_owner: node,
    lease_until: now + leaseMs,
    updated_at: updatedAt,
  });
  await queries.insertEntries(tx, firstRows);
  const { credential } = row;
  return { key, credential, id, fence, isNewSession, isReset, updatedAt, window, firstRows };
}

/** `lastSeq` is the `seq` of the entry before the first row. */
function toRows(
  sessionId: string,
  lastSeq: number,
  at: number,
  entries: readonly Entry[],
): readonly EntryRow[] {
  return entries.map((entry, index) => toRow(sessionId, lastSeq + 1 + index, at, entry));
}

/** True when the next turn starts a new conversation under the same key. Without `session.reset` it never does. */
function isExpired(lastUsedAt: number, now: number, options: ResetOptions): boolean {
  if (options === undefined) return false;
  const { mode, atHour, idleMinutes = mode === "idle" ? defaultIdleMinutes : Infinity } = options;
  if (now - lastUsedAt > idleMinutes * 60_000) return true;
  return mode === "daily" && lastUsedAt < findLastResetTime(atHour, now);
}

/** Returns the last time at which it was this hour in the time zone of this machine. */
function findLastResetTime(hour: number, now: number): number {
  const day = new Date(now);
  day.setHours(hour, 0, 0, 0);
  if (day.getTime() > now) day.setDate(day.getDate() - 1);
  return day.getTime();
}

function createLease(state: LeaseState, deps: ActiveLeaseDeps): SessionLease {
  const { key, credential, id, fence, isNewSession, window, firstRows } = state;
  const { node, transactions, cache, queries, changes, clock, log } = deps;
  const appendedRows = [...firstRows];
  let { updatedAt } = state;
  let pendingAppends = 0;

  const heldUntil = (now: number): LeaseColumns => ({ lease_owner: node, lease_until: now + leaseMs });
  const updateLease = (tx: Transaction<Tables>, columns: LeaseColumns): Promise<boolean> =>
    queries.updateLease(tx, { key, id, fence, updated_at: updatedAt, ...columns });
  const renew = async (): Promise<void> => {
    try {
      await transactions.write((tx) => updateLease(tx, heldUntil(clock())));
    } catch (error) {
      log?.warn("the lease of a session could not be renewed", {
        sessionKey: key,
        cause: describeError(error),
      });
    }
  };
  const heartbeat = setInterval(() => void renew(), leaseMs / 3).unref();

  const findLastSeq = async (tx: Transaction<Tables>): Promise<number> => {
    // Another append of this lease can be in the same commit.
    if (pendingAppends > 1) return readLastSeq(tx, id);
    return appendedRows.at(-1)?.seq ?? window.entries.at(-1)?.seq ?? 0;
  };
  const append = async (newEntries: readonly Entry[], getColumns: (now: number) => LeaseColumns) => {
    const now = clock();
    updatedAt = Math.max(now, updatedAt);
    pendingAppends += 1;
    try {
      const rows = await transactions.write(async (tx) => {
        const newRows = toRows(id, await findLastSeq(tx), now, newEntries);
        if (!(await updateLease(tx, getColumns(now)))) throw createTakenOverError();
        await queries.insertEntries(tx, newRows);
        return newRows;
      });
      appendedRows.push(...rows);
    } finally {
      pendingAppends -= 1;
    }
    changes.notify(key, { reason: "appended", credential });
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
      if (!isNewSession || appendedRows.length > 0) return updateLease(tx, releasedLease);
      await deleteEmptySession(tx);
      return false;
    });

  return {
    credential,
    entries: window.entries,
    append: (newEntries) =>
      withStorageErrors(async () => {
        if (newEntries.length === 0) return;
        await append(newEntries, heldUntil);
        heartbeat.refresh();
      }),
    release: (lastEntries = []) =>
      withStorageErrors(async () => {
        const hasEntries = lastEntries.length > 0;
        if (hasEntries) await append(lastEntries, () => releasedLease);
        clearInterval(heartbeat);
        if (hasEntries || (await releaseOnly())) cache.put(key, { id, fence, window }, appendedRows);
      }),
  };
}

async function readLastSeq(tx: Transaction<Tables>, id: string): Promise<number> {
  const entries = tx.selectFrom("entries").where("session_id", "=", id);
  const { last } = await entries.select((eb) => eb.fn.max("seq").as("last")).executeTakeFirstOrThrow();
  return last ?? 0;
}

function createSessionBusyError(): GatewayError {
  return new GatewayError("session_busy", "Another run holds this session; try again in a moment.", {
    retryAfterSeconds: 1,
  });
}

/** Not retryable: the model may have answered already, and a retry would be a second run. */
function createTakenOverError(): GatewayError {
  const message = "The session was taken over by another run, reset or deleted while this run was at work.";
  return new GatewayError("session_busy", message, { retry: false });
}
