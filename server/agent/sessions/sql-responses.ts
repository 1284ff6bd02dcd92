/** The response store in SQL. Batches of events and turns are added while the run goes on. */
import type { Transaction } from "kysely";
import type { Clock } from "../../lib/ports.ts";
import { yieldAfterLongText } from "../../lib/yield-after-long-text.ts";
import { canView } from "./permissions.ts";
import type { ChangeNotifier } from "./change-notifier.ts";
import type { InsertWebhooks } from "./insert-webhooks.ts";
import { readChain } from "./response-chain.ts";
import { readEventsFrom } from "./response-events.ts";
import type {
  ChainEntry,
  NewResponse,
  ResponseProgress,
  ResponseStatus,
  ResponseStore,
  StoredEvent,
  StoredResponse,
} from "./responses.ts";
import type { Tables } from "./schema.ts";
import { startReadTransaction, type Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

type Row = Tables["responses"];
type ProgressUpdate = Omit<ResponseProgress, "status"> & { readonly status?: ResponseStatus | undefined };
type DocumentName = Tables["response_documents"]["name"];

/** Characters of a row of events, unless one event is longer. */
const maxBatchLength = 4_000_000;

/** Rows per insert. SQLite limits the number of parameters of a statement. */
const maxRowsPerInsert = 1_000;

export interface ResponseStoreDeps {
  readonly transactions: Transactions;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  /** Notifies by the id of a response that has grown or ended. */
  readonly changes: ChangeNotifier<"grown">;
  /** Adds the event about the end of a background response. */
  readonly insertWebhooks: InsertWebhooks;
  /** Called after events were added. */
  readonly onWebhooks: () => void;
  readonly clock: Clock;
}

export function createResponseStore(deps: ResponseStoreDeps): ResponseStore {
  const { node, changes, insertWebhooks, onWebhooks, clock } = deps;
  const { read, write } = deps.transactions;
  const runInTransaction = <T>(operation: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    withStorageErrors(() => write(operation));
  /** One transaction, so that the queries see the same state. */
  const readInTransaction = <T>(operation: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    withStorageErrors(() => read((db) => startReadTransaction(db).execute(operation)));
  const notifyIfWritten = async (id: string, write: Promise<boolean>): Promise<boolean> => {
    const isWritten = await write;
    if (isWritten) changes.notify(id, "grown");
    return isWritten;
  };

  return {
    create: (response) => runInTransaction((tx) => insert(tx, response, node, clock())),
    append: (id, progress) =>
      notifyIfWritten(
        id,
        runInTransaction(async (tx) => (await applyProgress(tx, id, progress, clock())) !== undefined),
      ),
    async finish(id, { response, ...end }) {
      const webhooks = await runInTransaction(async (tx) => {
        const row = await applyProgress(tx, id, end, clock());
        if (row === undefined) return undefined;
        await tx
          .updateTable("response_documents")
          .set({ payload: response })
          .where("response_id", "=", id)
          .where("name", "=", "response")
          .execute();
        return row.background === 1
          ? insertWebhooks(tx, { id, agentId: row.agent_id, status: end.status })
          : 0;
      });
      if (webhooks === undefined) return false;
      changes.notify(id, "grown");
      if (webhooks > 0) onWebhooks();
      return true;
    },
    get: (id, viewer) =>
      readInTransaction(async (tx) => {
        const row = await findRow(tx, id, viewer, clock());
        if (row === undefined) return undefined;
        return toResponse(row, await readDocument(tx, id, "request"), await readDocument(tx, id, "response"));
      }),
    input: (id, viewer) =>
      readInTransaction(async (tx) => {
        const row = await findRow(tx, id, viewer, clock());
        return row && readDocument(tx, id, "input");
      }),
    async *follow(id, from, signal): AsyncGenerator<StoredEvent> {
      const watch = changes.watch(id);
      let next = from;
      try {
        while (!signal.aborted) {
          const { events, isOpen } = await withStorageErrors(() =>
            read((db) => readEventsFrom(db, id, next, clock())),
          );
          yield* events;
          next += events.length;
          if (events.length > 0) continue;
          if (!isOpen) return;
          await watch.waitForChange(signal);
        }
      } finally {
        watch.close();
      }
    },
    chain: (id, { agentId, credential }) =>
      readInTransaction(async (tx) => {
        const row = await findRow(tx, id, credential, clock());
        if (row === undefined || row.agent_id !== agentId) return undefined;
        const status = row.status as ResponseStatus;
        return { turns: await readChain(tx, id), status, sessionKey: row.session_key ?? undefined };
      }),
    remove: (id, viewer) =>
      notifyIfWritten(
        id,
        runInTransaction(async (tx) => {
          if ((await findRow(tx, id, viewer, clock())) === undefined) return false;
          await tx.updateTable("responses").set({ expires_at: clock() }).where("id", "=", id).execute();
          await tx.deleteFrom("response_documents").where("response_id", "=", id).execute();
          await tx.deleteFrom("response_events").where("response_id", "=", id).execute();
          return true;
        }),
      ),
  };
}

async function insert(
  tx: Transaction<Tables>,
  response: NewResponse,
  node: string,
  now: number,
): Promise<void> {
  const { id, turns, request, input } = response;
  await tx
    .insertInto("responses")
    .values({
      id,
      agent_id: response.agentId,
      credential: response.credential,
      previous_id: response.previousId ?? null,
      session_key: response.sessionKey ?? null,
      status: response.status,
      background: response.background ? 1 : 0,
      whole: 0,
      turn_count: turns.length,
      event_count: 0,
      created_at: now,
      node,
      expires_at: response.expiresAt,
    })
    .execute();
  await tx
    .insertInto("response_documents")
    .values([
      { response_id: id, name: "request", payload: request },
      { response_id: id, name: "response", payload: response.response },
      { response_id: id, name: "input", payload: input },
    ])
    .execute();
  await addTurns(tx, id, 0, turns);
}

/** Undefined when the response has ended or was deleted. */
async function applyProgress(
  tx: Transaction<Tables>,
  id: string,
  { status, events = [], turns = [], context }: ProgressUpdate,
  now: number,
): Promise<Pick<Row, "agent_id" | "background"> | undefined> {
  const newTurns = [...(context ?? []), ...turns];
  const row = await tx
    .updateTable("responses")
    .set((eb) => ({
      event_count: eb("event_count", "+", events.length),
      turn_count: eb("turn_count", "+", newTurns.length),
      ...(status !== undefined && { status }),
      ...(context !== undefined && { whole: 1 }),
    }))
    .where("id", "=", id)
    .where("status", "in", ["queued", "in_progress"])
    .where("expires_at", ">", now)
    .returning(["event_count", "turn_count", "agent_id", "background"])
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await addEvents(tx, id, row.event_count - events.length, events);
  if (context !== undefined) await tx.deleteFrom("response_turns").where("response_id", "=", id).execute();
  await addTurns(tx, id, row.turn_count - newTurns.length, newTurns);
  return row;
}

async function addEvents(
  tx: Transaction<Tables>,
  id: string,
  from: number,
  events: readonly string[],
): Promise<void> {
  let seq = from;
  for (const batch of groupByLength(events, maxBatchLength)) {
    const row = { response_id: id, seq, count: batch.length, payload: batch.join("\n") };
    await tx.insertInto("response_events").values(row).execute();
    await yieldAfterLongText(row.payload);
    seq += batch.length;
  }
}

/** Each group has at most this many characters, or a single text. */
function groupByLength(texts: readonly string[], maxLength: number): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let length = 0;
  for (const text of texts) {
    length += text.length;
    const last = groups.at(-1);
    if (last !== undefined && length <= maxLength) last.push(text);
    else {
      groups.push([text]);
      length = text.length;
    }
  }
  return groups;
}

async function addTurns(
  tx: Transaction<Tables>,
  id: string,
  from: number,
  turns: readonly ChainEntry[],
): Promise<void> {
  const rows = turns.map((turn, index) => ({
    response_id: id,
    seq: from + index,
    payload: JSON.stringify(turn),
  }));
  for (let start = 0; start < rows.length; start += maxRowsPerInsert) {
    const chunk = rows.slice(start, start + maxRowsPerInsert);
    await tx.insertInto("response_turns").values(chunk).execute();
  }
}

async function findRow(
  tx: Transaction<Tables>,
  id: string,
  viewer: string,
  now: number,
): Promise<Row | undefined> {
  const row = await tx
    .selectFrom("responses")
    .selectAll()
    .where("id", "=", id)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return row !== undefined && canView(viewer, row.credential) ? row : undefined;
}

async function readDocument(tx: Transaction<Tables>, id: string, name: DocumentName): Promise<string> {
  const { payload } = await tx
    .selectFrom("response_documents")
    .select("payload")
    .where("response_id", "=", id)
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return payload;
}

function toResponse(row: Row, request: string, response: string): StoredResponse {
  return {
    id: row.id,
    agentId: row.agent_id,
    credential: row.credential,
    previousId: row.previous_id ?? undefined,
    sessionKey: row.session_key ?? undefined,
    status: row.status as ResponseStatus,
    background: row.background === 1,
    createdAt: row.created_at,
    events: row.event_count,
    request,
    response,
  };
}
