/** Sessions for runs, in SQL: one lease at a time may append, and every append proves that it still holds. */
import type { Kysely, Transaction } from "kysely";
import { GatewayError } from "../../errors.ts";
import type { Clock, Log, NewId } from "../types.ts";
import { maySee, noSuchSession } from "./access.ts";
import type { SessionChanges } from "./catalog.ts";
import { discard } from "./discarded.ts";
import { toEntry, toRow } from "./entry-rows.ts";
import { isStale, type ResetRule } from "./freshness.ts";
import type { Tables } from "./schema.ts";
import { stored } from "./storage-failure.ts";
import type { SessionLease, SessionOwner, SessionStore, StoredEntry } from "./store.ts";

interface LeaseParts {
  readonly db: Kysely<Tables>;
  /** Name of this process among those that may share the store. */
  readonly node: string;
  readonly reset: ResetRule;
  readonly changes: SessionChanges;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log | undefined;
}

interface Held {
  readonly key: string;
  /** Of the session, whoever holds it. */
  readonly credential: string;
  readonly id: string;
  readonly fence: number;
  /** The session began with this lease. */
  readonly fresh: boolean;
  /** The conversation of before was too old, and this lease has begun another. */
  readonly anew: boolean;
  readonly entries: readonly StoredEntry[];
}

const leaseMs = 30_000;

export function createLeases(parts: LeaseParts): Pick<SessionStore, "acquire"> {
  return {
    acquire: (key, owner) =>
      stored(async () => {
        const held = await parts.db.transaction().execute((tx) => take(tx, key, owner, parts));
        if (held.anew) parts.changes.tell(key, { reason: "reset", credential: held.credential });
        return createLease(held, parts);
      }),
  };
}

async function take(
  tx: Transaction<Tables>,
  key: string,
  owner: SessionOwner,
  { node, reset, clock, newId }: LeaseParts,
): Promise<Held> {
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
  if (!maySee(owner.credential, row.credential)) throw noSuchSession();
  // A lease of this very process is one that could not be given back: runs here take turns before they come.
  const another = row.lease_owner !== null && row.lease_owner !== node;
  if (another && (row.lease_until ?? 0) > now) throw busy();
  const fence = row.fence + 1;
  const anew = isStale(row.updated_at, now, reset);
  const id = anew ? newId("session_") : row.id;
  if (anew) await discard(tx, row.id);
  await tx
    .updateTable("sessions")
    .set({ id, fence, lease_owner: node, lease_until: now + leaseMs, ...(anew && { updated_at: now }) })
    .where("key", "=", key)
    .execute();
  const rows = await tx
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", id)
    .orderBy("seq")
    .execute();
  const { credential } = row;
  return { key, credential, id, fence, fresh: row.fence === 0, anew, entries: rows.map(toEntry) };
}

function createLease(
  { key, credential, id, fence, fresh, entries }: Held,
  { db, changes, clock, log }: LeaseParts,
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
    append: (added) =>
      stored(async () => {
        if (added.length === 0) return;
        const at = clock();
        await db.transaction().execute(async (tx) => {
          const held = await tx
            .updateTable("sessions")
            .set({ updated_at: at, lease_until: at + leaseMs })
            .where("key", "=", key)
            .where("id", "=", id)
            .where("fence", "=", fence)
            .executeTakeFirst();
          if (held.numUpdatedRows !== 1n) throw takenOver();
          const rows = added.map((entry, index) => toRow(id, seq + 1 + index, at, entry));
          await tx.insertInto("entries").values(rows).execute();
        });
        heartbeat.refresh();
        seq += added.length;
        changes.tell(key, { reason: "appended", credential });
      }),
    release: () => {
      clearInterval(heartbeat);
      return stored(async () => {
        if (seq === 0 && fresh) {
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

function busy(): GatewayError {
  return new GatewayError("session_busy", "Another run holds this session; try again in a moment.", {
    retryAfterSeconds: 1,
  });
}

/** By now the model may have answered: to repeat the request would be a second run. */
function takenOver(): GatewayError {
  const message = "The session was taken over by another run, reset or deleted while this run was at work.";
  return new GatewayError("session_busy", message, { retry: false });
}
