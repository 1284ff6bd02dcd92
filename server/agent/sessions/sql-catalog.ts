/** The sessions as lists and histories, in SQL; and their end. */
import type { Kysely } from "kysely";
import { seesAll } from "../../credential-names.ts";
import type { Clock, NewId } from "../types.ts";
import { maySee, noSuchSession } from "./access.ts";
import type { Session, SessionCatalog, SessionChanges, SessionFilter, SessionPatch } from "./catalog.ts";
import { discard } from "./discarded.ts";
import { toEntry } from "./entry-rows.ts";
import type { SessionRow, Tables } from "./schema.ts";
import { historyPage } from "./sql-history.ts";
import { stored } from "./storage-failure.ts";

interface CatalogParts {
  readonly db: Kysely<Tables>;
  readonly changes: SessionChanges;
  readonly clock: Clock;
  readonly newId: NewId;
  /** A conversation was discarded: its entries can be taken away. */
  readonly onDiscard: () => void;
}

type CountedRow = SessionRow & { readonly last: number | null };

export function createCatalog({ db, changes, clock, newId, onDiscard }: CatalogParts): SessionCatalog {
  return {
    changes,
    list: (filter) => stored(async () => (await listRows(db, filter)).map(toSession)),
    find: (key, viewer) => stored(async () => toSession(await findRow(db, key, viewer))),
    history: (key, viewer, page) =>
      // In one transaction: a reset may not come between.
      stored(() =>
        db.transaction().execute(async (tx) => {
          const session = toSession(await findRow(tx, key, viewer));
          return { session, ...(await historyPage(tx, session.id, session.entries, page)) };
        }),
      ),
    entriesAfter: (id, seq, limit) =>
      stored(async () => {
        const rows = await db
          .selectFrom("entries")
          .selectAll()
          .where("session_id", "=", id)
          .where("seq", ">", seq)
          .orderBy("seq")
          .limit(limit)
          .execute();
        return rows.map(toEntry);
      }),
    settings: (key) =>
      stored(async () => {
        const row = await db
          .selectFrom("sessions")
          .select(["model", "thinking"])
          .where("key", "=", key)
          .executeTakeFirst();
        return row && { model: row.model ?? undefined, thinking: row.thinking ?? undefined };
      }),
    patch: (key, viewer, changed) =>
      stored(async () => {
        const row = await db.transaction().execute(async (tx) => {
          const found = await findRow(tx, key, viewer);
          const set = columnsOf(changed);
          if (Object.keys(set).length > 0)
            await tx.updateTable("sessions").set(set).where("key", "=", key).execute();
          return { ...found, ...set };
        });
        changes.tell(key, { reason: "patched", credential: row.credential });
        return toSession(row);
      }),
    reset: (key, viewer) =>
      stored(async () => {
        const row = await db.transaction().execute(async (tx) => {
          const found = await findRow(tx, key, viewer);
          const anew = { id: newId("session_"), fence: found.fence + 1, updated_at: clock() };
          await discard(tx, found.id);
          await tx
            .updateTable("sessions")
            .set({ ...anew, lease_owner: null, lease_until: null })
            .where("key", "=", key)
            .execute();
          return { ...found, ...anew, last: null };
        });
        changes.tell(key, { reason: "reset", credential: row.credential });
        onDiscard();
        return toSession(row);
      }),
    remove: (key, viewer) =>
      stored(async () => {
        const { credential } = await db.transaction().execute(async (tx) => {
          const found = await findRow(tx, key, viewer);
          await discard(tx, found.id);
          await tx.deleteFrom("sessions").where("key", "=", key).execute();
          return found;
        });
        changes.tell(key, { reason: "deleted", credential });
        onDiscard();
      }),
  };
}

const countedRows = (db: Kysely<Tables>) =>
  db
    .selectFrom("sessions")
    .selectAll("sessions")
    .select((eb) =>
      eb
        .selectFrom("entries")
        .select((inner) => inner.fn.max("seq").as("last"))
        .whereRef("session_id", "=", "sessions.id")
        .as("last"),
    );

async function findRow(db: Kysely<Tables>, key: string, viewer: string): Promise<CountedRow> {
  const row = await countedRows(db).where("key", "=", key).executeTakeFirst();
  if (row === undefined || !maySee(viewer, row.credential)) throw noSuchSession();
  return row;
}

function listRows(db: Kysely<Tables>, filter: SessionFilter): Promise<readonly CountedRow[]> {
  const { viewer, agentId, since, after, limit } = filter;
  let query = countedRows(db);
  if (!seesAll(viewer)) query = query.where("credential", "=", viewer);
  if (agentId !== undefined) query = query.where("agent_id", "=", agentId);
  if (since !== undefined) query = query.where("updated_at", ">=", since);
  if (after !== undefined) {
    const { updatedAt, key } = after;
    query = query.where((eb) =>
      eb.or([
        eb("updated_at", "<", updatedAt),
        eb.and([eb("updated_at", "=", updatedAt), eb("key", "<", key)]),
      ]),
    );
  }
  return query.orderBy("updated_at", "desc").orderBy("key", "desc").limit(limit).execute();
}

function columnsOf(patch: SessionPatch): Partial<Pick<SessionRow, "label" | "model" | "thinking">> {
  const { label, model, thinking } = patch;
  return {
    ...(label !== undefined && { label }),
    ...(model !== undefined && { model }),
    ...(thinking !== undefined && { thinking }),
  };
}

function toSession(row: CountedRow): Session {
  return {
    key: row.key,
    id: row.id,
    agentId: row.agent_id,
    credential: row.credential,
    label: row.label ?? undefined,
    model: row.model ?? undefined,
    thinking: row.thinking ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    entries: row.last ?? 0,
  };
}
