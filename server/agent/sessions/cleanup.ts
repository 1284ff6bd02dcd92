/** Deletes expired sessions and responses in the background, in steps so small that no request waits for them. */
import { describeError } from "../../lib/errors.ts";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import { parseDurationMs } from "../../../contracts/config/fields.ts";
import type { Log } from "../../lib/ports.ts";
import type { SessionChangeNotifier } from "./catalog.ts";
import { markDeleted } from "./deleted-conversations.ts";
import { prepareQuery } from "./prepared-query.ts";
import { repeatForSlice } from "./repeat-for-slice.ts";
import type { Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";

/** Yields after every small step. Interrupted work resumes in the next pass. */
type CleanupTask = () => AsyncGenerator<void>;

export interface Cleanup {
  /** Resolves when a whole pass is done. */
  runNow(): Promise<void>;
  /** Starts a pass soon, and returns at once. */
  schedule(): void;
  /** Resolves when the current pass has stopped. No other one starts. */
  stop(): Promise<void>;
}

/** Runs the tasks one after another: now, every `intervalMs`, and on request. */
export function createCleanup(
  tasks: Readonly<Record<string, CleanupTask>>,
  intervalMs: number,
  log: Log | undefined,
): Cleanup {
  let isStopped = false;
  let isRequested = false;
  let activeRun: Promise<void> | undefined;

  const runTasks = async (): Promise<void> => {
    for (const [name, task] of Object.entries(tasks)) {
      if (isStopped) return;
      try {
        for await (const _ of task()) {
          if (isStopped) return;
          await yieldToEventLoop();
        }
      } catch (error) {
        log?.warn("the store could not be cleaned up", { task: name, cause: describeError(error) });
      }
    }
  };
  const runRequested = async (): Promise<void> => {
    while (isRequested) {
      isRequested = false;
      await yieldToEventLoop();
      await runTasks();
    }
    activeRun = undefined;
  };
  const runNow = (): Promise<void> => {
    isRequested = !isStopped;
    activeRun ??= runRequested();
    return activeRun;
  };
  const schedule = (): void => void runNow();
  const timer = setInterval(schedule, intervalMs).unref();
  schedule();
  return {
    runNow,
    schedule,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await activeRun;
    },
  };
}

interface SessionCleanupDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  readonly changes: SessionChangeNotifier;
  /** `session.maintenance` of the configuration. */
  readonly options: Config["session"]["maintenance"] | undefined;
  readonly now: number;
  /** While it is false, no session is deleted because of its age. */
  readonly isClockTrusted: () => boolean;
  readonly log: Log | undefined;
  readonly onExpired: ((session: DeletedSession) => void) | undefined;
}

export interface DeletedSession {
  readonly key: string;
  /** Its owner. */
  readonly credential: string;
}

const sessionBatchSize = 100;
/** Share of the sessions that one pass deletes because of their age: the last protection against a wrong clock. */
const maxUnusedShare = 0.1;

/** Deletes sessions that are unused for too long or too many, the least recently used first. A leased session stays. */
export async function* cleanUpSessions(deps: SessionCleanupDeps): AsyncGenerator<void> {
  const { transactions, changes, options, now, isClockTrusted, log, onExpired } = deps;
  const count = (before?: number): Promise<number> =>
    transactions.readInternally((db) => countSessions(db, before));
  if (options === undefined) return;
  const unusedBefore = isClockTrusted() ? now - parseDurationMs(options.pruneAfter) : -1;
  const total = await count();
  const excessCount = options.maxEntries === undefined ? 0 : Math.max(0, total - options.maxEntries);
  const maxUnused = Math.max(1, Math.floor(total * maxUnusedShare));
  if (options.mode === "warn") {
    const dueCount = Math.max(excessCount, await count(unusedBefore));
    if (dueCount > 0)
      log?.warn("sessions are due to be deleted, session.maintenance.mode keeps them", { due: dueCount });
    return;
  }
  let deletedCount = 0;
  for (;;) {
    const remainingExcess = Math.max(0, excessCount - deletedCount);
    const remaining = Math.max(remainingExcess, maxUnused - deletedCount);
    const deletedSessions = await transactions.write((tx) =>
      deleteOldestSessions(tx, deps.statements, unusedBefore, remainingExcess, remaining),
    );
    for (const { key, credential } of deletedSessions) {
      changes.notify(key, { reason: "deleted", credential });
      onExpired?.({ key, credential });
    }
    deletedCount += deletedSessions.length;
    if (deletedSessions.length === 0) break;
    yield;
  }
  if (deletedCount > 0) log?.info("unused sessions were deleted", { deleted: deletedCount });
}

async function deleteOldestSessions(
  tx: Transaction<Tables>,
  { lockRows }: StatementDialect,
  unusedBefore: number,
  excessCount: number,
  maxCount: number,
): Promise<readonly DeletedSession[]> {
  const oldest = await lockRows(
    tx
      .selectFrom("sessions")
      .select(["key", "updated_at"])
      .where("lease_owner", "is", null)
      .orderBy("updated_at")
      .limit(Math.min(sessionBatchSize, maxCount)),
  ).execute();
  const due = oldest.filter(({ updated_at: at }, index) => at < unusedBefore || index < excessCount);
  if (due.length === 0) return [];
  const deletedSessions = await tx
    .deleteFrom("sessions")
    .where(
      "key",
      "in",
      due.map(({ key }) => key),
    )
    .where("lease_owner", "is", null)
    .returning(["key", "id", "credential"])
    .execute();
  await markDeleted(tx, ...deletedSessions.map(({ id }) => id));
  return deletedSessions;
}

export async function countSessions(db: Kysely<Tables>, unusedBefore?: number): Promise<number> {
  let query = db.selectFrom("sessions").select((eb) => eb.fn.countAll().as("n"));
  if (unusedBefore !== undefined) query = query.where("updated_at", "<", unusedBefore);
  return Number((await query.executeTakeFirstOrThrow()).n);
}

/** Small, because one response has many rows. */
const responseBatchSize = 10;
/** Rows of one response that are deleted at once. */
const responseRowBatchSize = 50;

/**
 * Deletes expired responses. One that another response continues stays, because the other one needs its turns. The newest
 * are deleted first, so that a whole chain goes in one pass.
 */
export async function* cleanUpResponses({ write }: Transactions, now: number): AsyncGenerator<void> {
  const queries = createResponseQueries();
  let cursor: CleanupPosition = { expiresAt: now, keptIds: [] };
  /** Returns where the next slice begins. Undefined: all expired responses are deleted. */
  const deleteSlice = async (tx: Transaction<Tables>): Promise<CleanupPosition | undefined> => {
    let position = cursor;
    const deleteBatch = async (): Promise<number> => {
      const { expiresAt, keptIds } = position;
      const { rows } = await queries.listExpired(tx, {
        expiresAt,
        limit: responseBatchSize + keptIds.length,
      });
      const responses = rows.filter(({ id }) => !keptIds.includes(id));
      for (const response of responses) {
        const outcome = await deleteIfLast(tx, response, queries);
        if (outcome === "has more rows") return 1;
        if (outcome === "kept") position = addKept(position, response);
      }
      return responses.length;
    };
    return (await repeatForSlice(deleteBatch)) > 0 ? position : undefined;
  };
  for (;;) {
    const position = await write(deleteSlice);
    if (position === undefined) return;
    cursor = position;
    yield;
  }
}

/** Position in the list of expired responses: those that expire later are deleted or kept. */
interface CleanupPosition {
  readonly expiresAt: number;
  /** Kept responses that expire at this time. */
  readonly keptIds: readonly string[];
}

type ExpiredResponse = Pick<Tables["responses"], "id" | "expires_at">;

function addKept(
  { expiresAt, keptIds }: CleanupPosition,
  { id, expires_at: at }: ExpiredResponse,
): CleanupPosition {
  return { expiresAt: at, keptIds: at === expiresAt ? [...keptIds, id] : [id] };
}

async function deleteIfLast(
  tx: Transaction<Tables>,
  { id }: ExpiredResponse,
  queries: ReturnType<typeof createResponseQueries>,
): Promise<"deleted" | "kept" | "has more rows"> {
  if ((await queries.findNext(tx, { id })).rows.length > 0) return "kept";
  for (const deleteRows of [queries.deleteEvents, queries.deleteTurns]) {
    const { numAffectedRows } = await deleteRows(tx, { id });
    if (numAffectedRows === BigInt(responseRowBatchSize)) return "has more rows";
  }
  await queries.deleteDocuments(tx, { id });
  await queries.deleteResponse(tx, { id });
  return "deleted";
}

const createResponseQueries = () => ({
  listExpired: prepareQuery<{ readonly expiresAt: number; readonly limit: number }, ExpiredResponse>(
    (db, parameter) =>
      db
        .selectFrom("responses")
        .select(["id", "expires_at"])
        .where("expires_at", "<=", parameter("expiresAt"))
        .orderBy("expires_at", "desc")
        .limit(parameter("limit")),
  ),
  findNext: prepareQuery<{ readonly id: string }>((db, parameter) =>
    db
      .selectFrom("responses")
      .select("id")
      .where("previous_id", "=", parameter("id"))
      .where("whole", "=", 0)
      .limit(1),
  ),
  deleteEvents: prepareRowDeletion("response_events"),
  deleteTurns: prepareRowDeletion("response_turns"),
  deleteDocuments: prepareQuery<{ readonly id: string }>((db, parameter) =>
    db.deleteFrom("response_documents").where("response_id", "=", parameter("id")),
  ),
  deleteResponse: prepareQuery<{ readonly id: string }>((db, parameter) =>
    db.deleteFrom("responses").where("id", "=", parameter("id")),
  ),
});

const prepareRowDeletion = (table: "response_events" | "response_turns") =>
  prepareQuery<{ readonly id: string }>((db, parameter) => {
    const seqs = db
      .selectFrom(table)
      .select("seq")
      .where("response_id", "=", parameter("id"))
      .limit(responseRowBatchSize);
    return db.deleteFrom(table).where("response_id", "=", parameter("id")).where("seq", "in", seqs);
  });
