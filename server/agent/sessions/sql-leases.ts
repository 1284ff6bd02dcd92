/** Leases of sessions in SQL. One lease at a time can append, and every append checks its fencing token. */
import type { Kysely, Transaction } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { canView, createSessionNotFoundError } from "./permissions.ts";
import type { SessionChangeNotifier } from "./catalog.ts";
import { markDeleted } from "./deleted-conversations.ts";
import { toEntry, toRow } from "./entry-rows.ts";
import type { Tables } from "./schema.ts";
import { withStorageErrors } from "./with-storage-errors.ts";
import type { SessionLease, SessionOwner, SessionStore, StoredEntry } from "./store.ts";

/** `session.reset` of the configuration. */
type ResetOptions = Config["session"]["reset"];

interface LeaseDeps {
  readonly db: Kysely<Tables>;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  readonly reset: ResetOptions;
  readonly changes: SessionChangeNotifier;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log | undefined;
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
  readonly entries: readonly StoredEntry[];
}

const leaseMs = 30_000;
const defaultIdleMinutes = 60;

export function createLeases(deps: LeaseDeps): Pick<SessionStore, "acquire"> {
  return {
    acquire: (key, owner) =>
      withStorageErrors(async () => {
        const state = await deps.db.transaction().execute((tx) => takeLease(tx, key, owner, deps));
        if (state.isReset) deps.changes.notify(key, { reason: "reset", credential: state.credential });
        return createLease(state, deps);
      }),
  };
}

async function takeLease(
  tx: Transaction<Tables>,
  key: string,
  owner: SessionOwner,
  { node, reset, clock, newId }: LeaseDeps,
): Promise<LeaseState> {
  const now = clock();
  const row = await tx
    .insertInto("sessions")
    .values({
      key,
      id: newId("session_"),
      agent_id: owner.agentId,
      credential: owner.credential,
      created_at: now,
      updated_at: now,
      fence: 0,
    })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ key }))
    .returningAll()
    .executeTakeFirstOrThrow();
  if (!canView(owner.credential, row.credential)) throw createSessionNotFoundError();
  // Runs of one process wait for each other before this. A lease of the same process is one whose release failed.
  const isLeasedElsewhere = row.lease_owner !== null && row.lease_owner !== node;
  if (isLeasedElsewhere && (row.lease_until ?? 0) > now) throw createSessionBusyError();
  const fence = row.fence + 1;
  const isReset = isExpired(row.updated_at, now, reset);
  const id = isReset ? newId("session_") : row.id;
  if (isReset) await markDeleted(tx, row.id);
  await tx
    .updateTable("sessions")
    .set({ id, fence, lease_owner: node, lease_until: now + leaseMs, ...(isReset && { updated_at: now }) })
    .where("key", "=", key)
    .execute();
  const rows = await tx
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", id)
    .orderBy("seq")
    .execute();
  const { credential } = row;
  return { key, credential, id, fence, isNewSession: row.fence === 0, isReset, entries: rows.map(toEntry) };
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

function createLease(
  { key, credential, id, fence, isNewSession, entries }: LeaseState,
  { db, changes, clock, log }: LeaseDeps,
): SessionLease {
  let seq = entries.at(-1)?.seq ?? 0;
  const renew = async (): Promise<void> => {
    try {
      await db
        .updateTable("sessions")
        .set({ lease_until: clock() + leaseMs })
        .where("key", "=", key)
        .where("id", "=", id)
        .where("fence", "=", fence)
        .execute();
    } catch (error) {
      log?.warn("the lease of a session could not be renewed", { sessionKey: key, cause: String(error) });
    }
  };
  const heartbeat = setInterval(() => void renew(), leaseMs / 3).unref();
  return {
    credential,
    entries,
    append: (newEntries) =>
      withStorageErrors(async () => {
        if (newEntries.length === 0) return;
        const at = clock();
        await db.transaction().execute(async (tx) => {
          const update = await tx
            .updateTable("sessions")
            .set({ updated_at: at, lease_until: at + leaseMs })
            .where("key", "=", key)
            .where("id", "=", id)
            .where("fence", "=", fence)
            .executeTakeFirst();
          if (update.numUpdatedRows !== 1n) throw createTakenOverError();
          const rows = newEntries.map((entry, index) => toRow(id, seq + 1 + index, at, entry));
          await tx.insertInto("entries").values(rows).execute();
        });
        heartbeat.refresh();
        seq += newEntries.length;
        changes.notify(key, { reason: "appended", credential });
      }),
    release: () => {
      clearInterval(heartbeat);
      return withStorageErrors(async () => {
        if (seq === 0 && isNewSession) {
          await db
            .deleteFrom("sessions")
            .where("key", "=", key)
            .where("id", "=", id)
            .where("fence", "=", fence)
            .execute();
        } else {
          await db
            .updateTable("sessions")
            .set({ lease_owner: null, lease_until: null })
            .where("key", "=", key)
            .where("id", "=", id)
            .where("fence", "=", fence)
            .execute();
        }
      });
    },
  };
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
