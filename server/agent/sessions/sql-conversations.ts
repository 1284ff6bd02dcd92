/** OpenAI's conversations in SQL: sessions with an id, metadata and items. */
import type { Kysely, Transaction } from "kysely";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { ConversationStore, ItemSource, OpenAiConversation } from "./conversations.ts";
import { readEntries, toRows, type EntryRow, type ReadEntry } from "./entry-rows.ts";
import {
  applyDeletions,
  listItemGroups,
  toItemSource,
  type EntryPosition,
  type ItemGroup,
} from "./item-groups.ts";
import { canView, createSessionNotFoundError } from "./permissions.ts";
import { readRecentEntries } from "./recent-entries.ts";
import type { SessionRow, Tables } from "./schema.ts";
import { buildConversationName } from "./session-keys.ts";
import { selectVisibleTurns } from "./transcript.ts";
import type { Entry, StoredEntry } from "./store.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface ConversationDeps {
  readonly transactions: Transactions;
  readonly readEntry: ReadEntry;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Groups that are read at once. */
const groupBatchSize = 8;

export function createConversationStore(deps: ConversationDeps): ConversationStore {
  const { readEntry, clock, newId } = deps;
  const { read, write } = deps.transactions;

  const readGroups = async (sessionId: string): Promise<readonly ItemGroup[]> =>
    listItemGroups(await read((db) => readPositions(db, sessionId)), (row) => readEntry(row).entry);
  const readEntriesBySeq = async (
    sessionId: string,
    seqs: readonly number[],
  ): Promise<ReadonlyMap<number, StoredEntry>> => {
    const rows = await read((db) => readRows(db, sessionId, seqs));
    return new Map((await readEntries(rows, readEntry)).map((stored) => [stored.seq, stored]));
  };

  async function* readItemSources(
    sessionId: string,
    order: "asc" | "desc",
    filter?: "settings",
  ): AsyncGenerator<ItemSource> {
    const groups = await withStorageErrors(async () => {
      if (filter === undefined) return readGroups(sessionId);
      // Few conversations have settings, and a conversation has many positions.
      const hasSettings = await read((db) => hasEntry(db, sessionId, filter));
      return hasSettings ? (await readGroups(sessionId)).filter((group) => group.hasSettings) : [];
    });
    const ordered = order === "asc" ? groups : groups.toReversed();
    for (let start = 0; start < ordered.length; start += groupBatchSize) {
      const batch = ordered.slice(start, start + groupBatchSize);
      const seqs = batch.flatMap((group) => group.seqs);
      const entries = await withStorageErrors(() => readEntriesBySeq(sessionId, seqs));
      for (const group of batch) yield toItemSource(group, entries);
    }
  }

  return {
    create: ({ id, credential, metadata, entries }) =>
      withStorageErrors(async () => {
        const now = clock();
        const row = {
          key: buildConversationName(id),
          id: newId("session_"),
          agent_id: "",
          credential,
          created_at: now,
          updated_at: now,
          conversation_id: id,
          metadata: JSON.stringify(metadata),
          // A session without a lease so far is deleted when its first run fails.
          fence: 1,
        };
        const rows = await toRows(row.id, 0, now, entries);
        await write(async (tx) => {
          await tx.insertInto("sessions").values(row).execute();
          if (rows.length > 0) await tx.insertInto("entries").values(rows).execute();
        });
        return toConversation(row);
      }),
    find: (id, viewer) =>
      withStorageErrors(async () => toConversation(await read((db) => findRow(db, id, viewer)))),
    update: (id, viewer, metadata) =>
      withStorageErrors(async () => {
        const changed = { metadata: JSON.stringify(metadata), updated_at: clock() };
        const row = await write(async (tx) => {
          const found = await findRow(tx, id, viewer);
          await tx.updateTable("sessions").set(changed).where("conversation_id", "=", id).execute();
          return found;
        });
        return toConversation({ ...row, ...changed });
      }),
    itemSources: readItemSources,
    turnsOf: (sessionId, runId) =>
      withStorageErrors(async () => {
        const group = (await readGroups(sessionId)).find((each) => each.runId === runId);
        if (group === undefined) return [];
        const entries = await readEntriesBySeq(sessionId, group.turnSeqs);
        return applyDeletions(toItemSource({ ...group, seqs: group.turnSeqs }, entries).turns, group);
      }),
    visibleTurns: (sessionId) =>
      withStorageErrors(async () => {
        const { entries } = await read((db) =>
          db.transaction().execute((tx) => readRecentEntries(tx, sessionId, readEntry)),
        );
        return selectVisibleTurns(entries);
      }),
  };
}

/** Returns the session of a conversation, and gives it the key and the agent of its first run. */
export async function bindConversation(
  tx: Transaction<Tables>,
  id: string,
  { key, agentId }: { readonly key: string; readonly agentId: string },
  { lockRows }: StatementDialect,
): Promise<SessionRow> {
  const query = tx.selectFrom("sessions").selectAll().where("conversation_id", "=", id);
  const row = await lockRows(query).executeTakeFirst();
  if (row === undefined) throw createSessionNotFoundError();
  const name = buildConversationName(id);
  // Items are added with the key that was found, which the first run may have replaced.
  if (row.key === key || key === name) return row;
  if (row.key !== name) throw createSessionNotFoundError();
  const binding = { key, agent_id: agentId };
  await tx.updateTable("sessions").set(binding).where("conversation_id", "=", id).execute();
  return { ...row, ...binding };
}

type ConversationColumns = Pick<
  SessionRow,
  "key" | "id" | "agent_id" | "credential" | "created_at" | "conversation_id" | "metadata"
>;

async function findRow(db: Kysely<Tables>, id: string, viewer: string): Promise<ConversationColumns> {
  const row = await db
    .selectFrom("sessions")
    .select(["key", "id", "agent_id", "credential", "created_at", "conversation_id", "metadata"])
    .where("conversation_id", "=", id)
    .executeTakeFirst();
  if (row === undefined || !canView(viewer, row.credential)) throw createConversationNotFoundError(id);
  return row;
}

function createConversationNotFoundError(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError("conversation_not_found", `There is no conversation ${name}.`, {
    param: "conversation",
  });
}

function toConversation(row: ConversationColumns): OpenAiConversation {
  return {
    id: row.conversation_id ?? "",
    credential: row.credential,
    metadata: JSON.parse(row.metadata ?? "{}") as OpenAiConversation["metadata"],
    sessionId: row.id,
    sessionKey: row.key,
    agentId: row.agent_id === "" ? undefined : row.agent_id,
    createdAt: row.created_at,
  };
}

async function hasEntry(db: Kysely<Tables>, sessionId: string, kind: Entry["kind"]): Promise<boolean> {
  const query = db.selectFrom("entries").select("seq").where("session_id", "=", sessionId);
  return (await query.where("kind", "=", kind).limit(1).executeTakeFirst()) !== undefined;
}

/** Reads the positions of all entries, and the contents of those that change others. */
async function readPositions(db: Kysely<Tables>, sessionId: string): Promise<readonly EntryPosition[]> {
  const entries = db.selectFrom("entries").where("session_id", "=", sessionId);
  const positions = await entries.select(["seq", "kind", "run_id"]).orderBy("seq").execute();
  const changes = await entries.selectAll().where("kind", "in", ["rewind", "deletion"]).execute();
  const changesBySeq = new Map(changes.map((row) => [row.seq, row]));
  return positions.map(({ seq, kind, run_id: runId }) => ({
    seq,
    kind,
    runId,
    row: changesBySeq.get(seq),
  }));
}

async function readRows(
  db: Kysely<Tables>,
  sessionId: string,
  seqs: readonly number[],
): Promise<readonly EntryRow[]> {
  if (seqs.length === 0) return [];
  return db
    .selectFrom("entries")
    .selectAll()
    .where("session_id", "=", sessionId)
    .where("seq", "in", seqs)
    .execute();
}
