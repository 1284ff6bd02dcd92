/** The session catalog in SQL. */
import type { Kysely } from "kysely";
import { canSeeEverything } from "../../lib/credential-names.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import { canView, createSessionNotFoundError } from "./permissions.ts";
import type {
  Session,
  SessionCatalog,
  SessionChangeNotifier,
  SessionFilter,
  SessionPatch,
} from "./catalog.ts";
import { markDeleted } from "./deleted-conversations.ts";
import type { ReadEntry } from "./entry-rows.ts";
import type { SessionRow, Tables } from "./schema.ts";
import { readHistoryPage } from "./sql-history.ts";
import { findText } from "./sql-search.ts";
import { startReadTransaction, type StatementDialect, type Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface CatalogDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  readonly changes: SessionChangeNotifier;
  readonly readEntry: ReadEntry;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Called after a conversation was marked as deleted. */
  readonly onDelete: () => void;
}

type SessionRowWithLastSeq = SessionRow & { readonly last: number | null };

export function createSessionCatalog(deps: CatalogDeps): SessionCatalog {
  const { transactions, changes, readEntry, clock, newId, onDelete } = deps;
  const { read, write } = transactions;
  const { lockRows } = deps.statements;
  return {
    changes,
    list: (filter) =>
      withStorageErrors(async () => (await read((db) => listRows(db, filter))).map(toSession)),
    find: (key, viewer) =>
      withStorageErrors(async () => toSession(await read((db) => findRow(db, key, viewer)))),
    history: (key, viewer, page) =>
      // One transaction, so that no reset comes between the two queries.
      withStorageErrors(() =>
        read((db) =>
          startReadTransaction(db).execute(async (tx) => {
            const session = toSession(await findRow(tx, key, viewer));
            return { session, ...(await readHistoryPage(tx, session.id, session.entries, page, readEntry)) };
          }),
        ),
      ),
    entriesAfter: (id, seq, limit) =>
      withStorageErrors(async () => {
        const rows = await read((db) =>
          db
            .selectFrom("entries")
            .selectAll()
            .where("session_id", "=", id)
            .where("seq", ">", seq)
            .orderBy("seq")
            .limit(limit)
            .execute(),
        );
        return rows.map(readEntry);
      }),
    findText: (session, text, limit) =>
      withStorageErrors(() => read((db) => findText(db, session, { text, limit, readEntry }))),
    settings: (key) =>
      withStorageErrors(async () => {
        const row = await transactions.readInternally((db) =>
          db.selectFrom("sessions").select(["model", "thinking"]).where("key", "=", key).executeTakeFirst(),
        );
        return row && { model: row.model ?? undefined, thinking: row.thinking ?? undefined };
      }),
    patch: (key, viewer, patch) =>
      withStorageErrors(async () => {
        const row = await write(async (tx) => {
          const found = await findRow(tx, key, viewer, lockRows);
          const columns = toColumns(patch);
          if (Object.keys(columns).length > 0)
            await tx.updateTable("sessions").set(columns).where("key", "=", key).execute();
          return { ...found, ...columns };
        });
        changes.notify(key, { reason: "patched", credential: row.credential });
        return toSession(row);
      }),
    reset: (key, viewer) =>
      withStorageErrors(async () => {
        const row = await write(async (tx) => {
          const found = await findRow(tx, key, viewer, lockRows);
          const replacement = {
            id: newId("session_"),
            fence: found.fence + 1,
            updated_at: Math.max(clock(), found.updated_at),
          };
          await markDeleted(tx, found.id);
          await tx
            .updateTable("sessions")
            .set({ ...replacement, lease_owner: null, lease_until: null })
            .where("key", "=", key)
            .execute();
          return { ...found, ...replacement, last: null };
        });
        changes.notify(key, { reason: "reset", credential: row.credential });
        onDelete();
        return toSession(row);
      }),
    remove: (key, viewer) =>
      withStorageErrors(async () => {
        const { credential } = await write(async (tx) => {
          const found = await findRow(tx, key, viewer, lockRows);
          await markDeleted(tx, found.id);
          await tx.deleteFrom("sessions").where("key", "=", key).execute();
          return found;
        });
        changes.notify(key, { reason: "deleted", credential });
        onDelete();
      }),
  };
}

const selectSessions = (db: Kysely<Tables>) =>
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

async function findRow(
  db: Kysely<Tables>,
  key: string,
  viewer: string,
  lockRows?: StatementDialect["lockRows"],
): Promise<SessionRowWithLastSeq> {
  const query = selectSessions(db).where("key", "=", key);
  const row = await (lockRows?.(query) ?? query).executeTakeFirst();
  if (row === undefined || !canView(viewer, row.credential)) throw createSessionNotFoundError();
  return row;
}

function listRows(db: Kysely<Tables>, filter: SessionFilter): Promise<readonly SessionRowWithLastSeq[]> {
  const { viewer, agentId, since, after, limit } = filter;
  // A conversation without a run has no agent yet.
  let query = selectSessions(db).where("agent_id", "<>", "");
  if (!canSeeEverything(viewer)) query = query.where("credential", "=", viewer);
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

function toColumns(patch: SessionPatch): Partial<Pick<SessionRow, "label" | "model" | "thinking">> {
  const { label, model, thinking } = patch;
  return {
    ...(label !== undefined && { label }),
    ...(model !== undefined && { model }),
    ...(thinking !== undefined && { thinking }),
  };
}

function toSession(row: SessionRowWithLastSeq): Session {
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
