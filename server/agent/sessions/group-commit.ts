/**
 * Transactions of the SQLite store. Operations that wait at the same time are committed together, and one sync in libuv's
 * thread pool makes all of them durable. See docs/decisions/0018-commits-wait-in-the-pool.md.
 */
import { describeError } from "../../lib/errors.ts";
import { performance } from "node:perf_hooks";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { sql, type Kysely, type Transaction } from "kysely";
import type { Log } from "../../lib/ports.ts";
import { commitEach, rejectAll, resolveInBatches, runInSavepoint, type Operation } from "./operations.ts";
import type { Tables } from "./schema.ts";
import { checkFile } from "./check-file.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import type { Transactions } from "./transactions.ts";

interface GroupCommitDeps {
  readonly db: Kysely<Tables>;
  readonly file: SqliteFile;
  readonly log: Log | undefined;
  readonly maxLogBytes?: number | undefined;
  readonly observeCommit?: ObserveCommit | undefined;
}

/** Called after each sync with the operations that it made durable and the time since the first of them began. */
export type ObserveCommit = (commit: { readonly operations: number; readonly durationMs: number }) => void;

/** A transaction takes no more operations after this time, so that other work gets its turn. */
const sliceMs = 1;
/** Transactions before the operations of the first one get their sync. */
const maxSlices = 16;
/** Copying this length of the log to the database takes about 4 ms. */
const defaultMaxLogBytes = 8_000_000;
/** While nothing is written, a log of this length is copied too. */
const quietLogBytes = 256_000;
const quietMs = 200;
/** Time between two attempts to write again after a failed sync. */
const retryDelayMs = 1_000;
/** Time between two attempts to copy the log, for instance on a full disk. */
const copyRetryDelayMs = 10_000;
/** A copy that holds the event loop for longer is logged. */
const slowCopyMs = 10;
/** Pages that one step of `shrink` gives back. */
const shrinkPages = 64;

export function createGroupCommit(deps: GroupCommitDeps): Transactions {
  const { db, file, log, maxLogBytes = defaultMaxLogBytes, observeCommit } = deps;
  const waiting: Operation[] = [];
  let work: Promise<void> | undefined;
  let isClosed = false;
  /** Length of the log up to which everything is durable. What a migration has written is not, before the first sync. */
  let durableLength = file.openedLogLength;
  let logLength = durableLength;
  /** Settled with the sync of what is being committed now. */
  let pendingSync: PromiseWithResolvers<void> | undefined;
  /** Why nothing can be written, and when that was found. */
  let failure: { readonly error: Error; readonly at: number } | undefined;
  let quietTimer: NodeJS.Timeout | undefined;
  let isCheckpointDue = false;
  let nextCheckpointAt = 0;
  /** Whether the file has everything that was ever copied to it, so that it can be read without the log. */
  let isFileConsistent = file.openedLogLength === 0;
  /** Aborts the check of the file, during which nothing is copied to it. */
  let check: AbortController | undefined;

  /** No other statement runs meanwhile. */
  const runExclusively = <T>(run: () => T | Promise<T>): Promise<T> =>
    db.connection().execute(async () => run());

  const schedule = (): void => {
    clearTimeout(quietTimer);
    work ??= runWork();
  };

  async function runWork(): Promise<void> {
    await yieldToEventLoop();
    try {
      while (waiting.length > 0 || isCheckpointDue || failure !== undefined) {
        if (failure !== undefined && !(await recover(failure.at))) break;
        if (waiting.length > 0) await writeWaiting();
        if (logLength >= maxLogBytes) isCheckpointDue = true;
        if (isCheckpointDue && failure === undefined) await checkpoint();
      }
    } finally {
      isCheckpointDue = false;
      rejectAll(waiting.splice(0), failure?.error);
      work = undefined;
    }
    if (failure === undefined && logLength >= quietLogBytes) startQuietTimer();
  }

  function startQuietTimer(): void {
    if (isClosed) return;
    clearTimeout(quietTimer);
    quietTimer = setTimeout(() => {
      isCheckpointDue = true;
      schedule();
    }, quietMs).unref();
  }

  async function writeWaiting(): Promise<void> {
    const sync = (pendingSync = Promise.withResolvers<void>());
    sync.promise.catch(() => {});
    const committed: Operation[] = [];
    const startedAt = performance.now();
    try {
      for (let slice = 1; ; slice += 1) {
        committed.push(...(await commitSlice()));
        if (waiting.length === 0 || slice === maxSlices) break;
        await yieldToEventLoop();
      }
      await syncCommits();
    } catch (error) {
      const stopped = await stopWriting(error);
      rejectAll(committed, stopped);
      sync.reject(stopped);
      return;
    } finally {
      pendingSync = undefined;
    }
    sync.resolve();
    observeCommit?.({ operations: committed.length, durationMs: performance.now() - startedAt });
    await resolveInBatches(committed);
  }

  /** Commits waiting operations in one transaction, and returns them. One that fails is rejected alone. */
  async function commitSlice(): Promise<readonly Operation[]> {
    const startedAt = performance.now();
    const taken: Operation[] = [];
    const rejected = new Set<Operation>();
    const isSingle = waiting.length === 1;
    const isFull = (): boolean => isSingle || performance.now() - startedAt > sliceMs;
    try {
      await db.transaction().execute(async (tx) => {
        do {
          const [operation] = waiting.splice(0, 1);
          if (operation === undefined) return;
          taken.push(operation);
          if (isSingle) await operation.run(tx);
          else if (!(await runInSavepoint(tx, operation))) rejected.add(operation);
        } while (!isFull());
      });
    } catch (error) {
      const undone = taken.filter((operation) => !rejected.has(operation));
      if (undone.length > 1) return commitEach(db, undone);
      rejectAll(undone, error);
      return [];
    }
    return taken.filter((operation) => !rejected.has(operation));
  }

  async function syncCommits(): Promise<void> {
    logLength = await runExclusively(() => file.getLogLength());
    if (logLength === durableLength) return;
    await file.syncLog();
    durableLength = logLength;
  }

  /** Nothing is acknowledged, read or written until the database has been reopened. */
  async function stopWriting(cause: unknown): Promise<Error> {
    const error = new Error("the disk could not store what was written", { cause });
    failure = { error, at: -Infinity };
    log?.error("the session store failed and is reopened", { cause: describeError(cause) });
    check?.abort();
    isFileConsistent = false;
    await recover(failure.at);
    return error;
  }

  /**
   * After a failed sync, it is unknown which part of the log is on the disk, and a second sync can succeed without having
   * written it: https://lwn.net/Articles/752063/. So the log is cut where the last sync ended. False when this fails.
   */
  async function recover(failedAt: number): Promise<boolean> {
    if (performance.now() - failedAt < retryDelayMs) return false;
    try {
      await runExclusively(() => file.reopen(durableLength));
      logLength = file.openedLogLength;
      await file.syncLog();
      durableLength = logLength;
      failure = undefined;
      log?.info("the session store was reopened");
      return true;
    } catch (cause) {
      const error = new Error("the disk still fails", { cause });
      failure = { error, at: performance.now() };
      log?.error("the session store could not be reopened", { cause: describeError(cause) });
      return false;
    }
  }

  /**
   * Copies the log to the database and starts a new one, with the syncs that SQLite would make and in its order, but in the
   * thread pool. Operations wait meanwhile. https://www.sqlite.org/pragma.html#pragma_synchronous
   */
  async function checkpoint(): Promise<void> {
    isCheckpointDue = false;
    if (check !== undefined || performance.now() < nextCheckpointAt) return;
    try {
      await syncCommits();
      if (!(await copyLog())) return;
      await file.syncDatabase();
      file.invalidateLog();
      await file.syncLog();
      durableLength = 0;
      logLength = 0;
    } catch (error) {
      await stopWriting(error);
      return;
    }
    // When this fails, the next operation starts the log, with a sync by SQLite.
    await runExclusively(() => file.startLog()).catch(() => {});
  }

  /** False when the log was not copied completely. It stays as it is then. */
  async function copyLog(): Promise<boolean> {
    try {
      return await runExclusively(() => {
        const startedAt = performance.now();
        isFileConsistent = false;
        const isComplete = (isFileConsistent = file.copyLog());
        const ms = Math.round(performance.now() - startedAt);
        if (ms > slowCopyMs) log?.debug("the log of the session store was copied", { ms });
        return isComplete;
      });
    } catch (error) {
      nextCheckpointAt = performance.now() + copyRetryDelayMs;
      log?.warn("the log of the session store could not be copied", { cause: describeError(error) });
      return false;
    }
  }

  const write = <T>(operation: (tx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    new Promise((resolve, reject: (error: unknown) => void) => {
      if (isClosed) throw new Error("the store is closed");
      let result: { readonly value: T };
      waiting.push({
        run: async (tx) => void (result = { value: await operation(tx) }),
        resolve: () => resolve(result.value),
        reject,
      });
      schedule();
    });

  return {
    write,
    writeStatement: write,
    isConcurrent: false,
    async read(operation) {
      const result = await operation(db);
      await pendingSync?.promise;
      if (failure === undefined) return result;
      schedule();
      throw failure.error;
    },
    readInternally: (operation) => operation(db),
    async *shrink() {
      if ((await readPragma(db, "auto_vacuum")) !== incrementalMode) return;
      while ((await readPragma(db, "freelist_count")) > 0) {
        // `exec`, because the statement returns a row for each page and must be run to its end.
        await write(async () => file.database.exec(`PRAGMA incremental_vacuum(${shrinkPages})`));
        yield;
      }
    },
    async checkFile() {
      if (!isFileConsistent || isClosed || check !== undefined) return undefined;
      const controller = (check = new AbortController());
      try {
        const problems = await checkFile(file.path, controller.signal);
        // Reopening the database writes to the file.
        return controller.signal.aborted ? undefined : problems;
      } finally {
        check = undefined;
        if (logLength >= quietLogBytes) startQuietTimer();
      }
    },
    async close() {
      isClosed = true;
      check?.abort();
      clearTimeout(quietTimer);
      await work;
      if (failure !== undefined) file.abandon(durableLength);
      await db.destroy();
    },
  };
}

/** https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
const incrementalMode = 2;

async function readPragma(db: Kysely<Tables>, name: "auto_vacuum" | "freelist_count"): Promise<number> {
  const { rows } = await sql<Record<string, number>>`pragma ${sql.raw(name)}`.execute(db);
  return rows[0]?.[name] ?? 0;
}
