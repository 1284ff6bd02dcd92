/** The session store in SQL: the same statements for every database that Kysely speaks to. */
import type { Dialect } from "kysely";
import { Kysely } from "kysely";
import { GatewayError } from "../../errors.ts";
import type { Clock, NewId } from "../types.ts";
import { prepareTables, storeVersion, type Tables } from "./schema.ts";
import type { Entry, SessionLease, SessionStore, StoredEntry } from "./store.ts";

interface SqlStoreParts {
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly newId: NewId;
  /** True when no other process can be at work in this store: leases found at the start are a dead one's. */
  readonly exclusive: boolean;
}

const leaseMs = 30_000;

/** Opens the store; throws a plain error that says what to do when it cannot be used at all. */
export async function openSqlStore({
  dialect,
  clock,
  newId,
  exclusive,
}: SqlStoreParts): Promise<SessionStore> {
  const db = new Kysely<Tables>({ dialect });
  const version = await prepareTables(db);
  if (version > storeVersion) {
    throw new Error(
      `The session store was written by a newer gateway (store version ${version}, this one knows ${storeVersion}).`,
    );
  }
  const me = newId("node_");
  if (exclusive) await markInterrupted(db, clock);

  return {
    acquire: (key, owner) =>
      stored(async () => {
        const now = clock();
        const lease = { lease_owner: me, lease_until: now + leaseMs };
        const { fence, entries } = await db.transaction().execute(async (tx) => {
          const row = await tx
            .insertInto("sessions")
            .values({
              key,
              agent_id: owner.agentId,
              credential: owner.credential,
              created_at: now,
              updated_at: now,
              ...lease,
              fence: 0,
            })
            .onConflict((conflict) => conflict.column("key").doUpdateSet({ key }))
            .returningAll()
            .executeTakeFirstOrThrow();
          if (row.credential !== owner.credential)
            throw new GatewayError("session_not_found", "No such session.");
          // A lease of this very process is one that could not be given back: runs here take turns before they come.
          const another = row.lease_owner !== null && row.lease_owner !== me;
          if (another && (row.lease_until ?? 0) > now) throw busy();
          const fence = row.fence + 1;
          await tx
            .updateTable("sessions")
            .set({ ...lease, fence })
            .where("key", "=", key)
            .execute();
          const rows = await tx
            .selectFrom("entries")
            .selectAll()
            .where("session_key", "=", key)
            .orderBy("seq")
            .execute();
          return { fence, entries: rows.map(toEntry) };
        });
        return createLease(key, fence, entries);
      }),
    close: () => db.destroy(),
  };

  function createLease(key: string, fence: number, entries: readonly StoredEntry[]): SessionLease {
    let seq = entries.at(-1)?.seq ?? 0;
    return {
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
              .where("fence", "=", fence)
              .executeTakeFirst();
            if (held.numUpdatedRows !== 1n) throw takenOver();
            const rows = added.map((entry, index) => toRow(key, seq + 1 + index, at, entry));
            await tx.insertInto("entries").values(rows).execute();
          });
          seq += added.length;
        }),
      release: () =>
        stored(async () => {
          const mine = { key, fence };
          if (seq === 0) {
            await db
              .deleteFrom("sessions")
              .where("key", "=", mine.key)
              .where("fence", "=", mine.fence)
              .execute();
          } else {
            await db
              .updateTable("sessions")
              .set({ lease_owner: null, lease_until: null })
              .where("key", "=", mine.key)
              .where("fence", "=", mine.fence)
              .execute();
          }
        }),
    };
  }
}

/** Ends the leases of a process that died: its sessions note the interruption and go on. */
async function markInterrupted(db: Kysely<Tables>, clock: Clock): Promise<void> {
  const cut = await db.selectFrom("sessions").select("key").where("lease_owner", "is not", null).execute();
  for (const { key } of cut) {
    await db.transaction().execute(async (tx) => {
      const { last } = await tx
        .selectFrom("entries")
        .select((eb) => eb.fn.max("seq").as("last"))
        .where("session_key", "=", key)
        .executeTakeFirstOrThrow();
      if (last === null) {
        await tx.deleteFrom("sessions").where("key", "=", key).execute();
        return;
      }
      await tx
        .insertInto("entries")
        .values(toRow(key, last + 1, clock(), { kind: "interrupted", runId: null }))
        .execute();
      await tx
        .updateTable("sessions")
        .set({ lease_owner: null, lease_until: null })
        .where("key", "=", key)
        .execute();
    });
  }
}

function toRow(key: string, seq: number, at: number, { kind, runId, ...payload }: Entry): Tables["entries"] {
  return { session_key: key, seq, run_id: runId, at, kind, payload: JSON.stringify(payload) };
}

function toEntry(row: Tables["entries"]): StoredEntry {
  // Written by `toRow` of this or an older version; `storeVersion` changes when the shape does.
  const entry = { ...(JSON.parse(row.payload) as object), kind: row.kind, runId: row.run_id } as Entry;
  return { seq: row.seq, at: row.at, entry };
}

function busy(): GatewayError {
  return new GatewayError("session_busy", "Another run holds this session; try again in a moment.", {
    retryAfterSeconds: 1,
  });
}

/** By now the model may have answered: to repeat the request would be a second run. */
function takenOver(): GatewayError {
  return new GatewayError("session_busy", "Another run has taken this session over.", { retry: false });
}

/** What the database throws means one thing to a caller: nothing can be stored now. */
async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("storage_unavailable", "The session store cannot be read or written now.", {
      cause,
      retryAfterSeconds: 5,
    });
  }
}
