/**
 * An SQLite database in a file with its write-ahead log. The log is synced by its user, in libuv's thread pool, so that no
 * commit waits for the disk.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** Resolves when everything that was written to the file before the call is on the disk. */
export type SyncFile = (descriptor: number) => Promise<void>;

/** macOS: `fsync` is F_FULLFSYNC in libuv. Only that leaves the cache of the disk. */
export const syncFileInPool: SyncFile = promisify(process.platform === "darwin" ? fsync : fdatasync);

export interface SqliteFile {
  readonly path: string;
  /** The open database. Another object after `reopen`. Throws while the database is closed. */
  readonly database: DatabaseSync;
  /** Length of the committed part of the log in bytes. What comes after it is of an older log or a failed commit.
   * Throws in a transaction. */
  getLogLength(): number;
  /** Length of the log when the database was opened. Not 0 after `reopen`, or when what a crash has left could not be copied. */
  readonly openedLogLength: number;
  /** Resolves when every commit that was made before the call is durable. Never call it again after a failure. */
  syncLog(): Promise<void>;
  /** Copies the log to the database file, without a sync. False when a reader kept SQLite from copying all of it. */
  copyLog(): boolean;
  /** Resolves when the database file, without its log, is on the disk. */
  syncDatabase(): Promise<void>;
  /** Makes the log invalid on the disk. Call this when all of it is in the database file, and that is on the disk. */
  invalidateLog(): void;
  /** Starts a new log at the beginning of the file, without a sync. Call this when the invalid one is on the disk. */
  startLog(): void;
  /**
   * Opens the database anew as it was when its log had this length. Later commits are gone. Does not wait for the disk. Use
   * nothing of the file meanwhile. Rejects when the disk still fails.
   */
  reopen(logLength: number): Promise<void>;
  close(): void;
  /** Closes the database and leaves the log as it was when it had this length. */
  abandon(logLength: number): void;
}

interface OpenFile {
  readonly database: DatabaseSync;
  readonly logDescriptor: number;
  readonly databaseDescriptor: number;
  readonly openedLogLength: number;
  /** Reads how long the log is, and copies nothing. */
  readonly readLog: () => CheckpointResult;
  readonly pageSize: number;
}

export function openSqliteFile(
  path: string,
  syncFile: SyncFile,
  onOpen: (database: DatabaseSync) => void,
): SqliteFile {
  const logPath = `${path}-wal`;
  /** Where the log is while the database of a failed disk is closed. */
  const setAsidePath = `${logPath}.kept`;
  let file: OpenFile | undefined;

  const getFile = (): OpenFile => {
    if (file === undefined) throw new Error("the database is closed");
    return file;
  };
  const open = (copiesLog: boolean): void => {
    if (existsSync(setAsidePath)) renameSync(setAsidePath, logPath);
    const database = openDatabase(path, copiesLog);
    // Closing a descriptor of the database file gives up SQLite's lock on it, so both stay open until it is closed.
    // https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    const logDescriptor = openSync(logPath, "r+");
    const databaseDescriptor = openSync(path, "r+");
    const readLog = prepareCheckpoint(database, "NOOP");
    const pageSize = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
    const openedLogLength = toLogLength(readLog(), pageSize);
    file = { database, logDescriptor, databaseDescriptor, openedLogLength, readLog, pageSize };
    onOpen(database);
  };
  const close = (): void => {
    if (file === undefined) return;
    const { database, logDescriptor, databaseDescriptor } = file;
    file = undefined;
    try {
      database.close();
    } finally {
      closeSync(logDescriptor);
      closeSync(databaseDescriptor);
    }
  };
  const abandon = (logLength: number): void => {
    if (file === undefined) return;
    // The last connection copies the log to the database and deletes it, and its sync can succeed although a former one
    // of the same pages has failed. Without the end of the log it cannot copy later commits, and it does not delete what
    // has another name.
    renameSync(logPath, setAsidePath);
    ftruncateSync(file.logDescriptor, logLength);
    // What is copied needs no sync: the log has it too.
    file.database.exec("PRAGMA synchronous = OFF");
    close();
    renameSync(setAsidePath, logPath);
  };

  open(true);
  return {
    path,
    get database() {
      return getFile().database;
    },
    get openedLogLength() {
      return getFile().openedLogLength;
    },
    getLogLength() {
      const { readLog, pageSize } = getFile();
      return toLogLength(readLog(), pageSize);
    },
    syncLog: () => syncFile(getFile().logDescriptor),
    copyLog() {
      const { database } = getFile();
      const { log, checkpointed } = withoutSync(database, prepareCheckpoint(database, "PASSIVE"));
      return log === checkpointed;
    },
    syncDatabase: () => syncFile(getFile().databaseDescriptor),
    invalidateLog() {
      writeSync(getFile().logDescriptor, new Uint8Array(logHeaderBytes), 0, logHeaderBytes, 0);
    },
    startLog() {
      // SQLite would sync the header first, lest an old one is found before new pages. The old one is invalid.
      withoutSync(getFile().database, (database) => {
        const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
        database.exec(`PRAGMA user_version = ${version}`);
      });
    },
    async reopen(logLength) {
      abandon(logLength);
      // Each half takes up to 8 ms. Other work gets its turn in between.
      await sleep(1);
      // Opening reads the log, which is durable up to here. Later it is copied like any other.
      open(false);
      if (getFile().openedLogLength < logLength) throw new Error("the log has become shorter");
    },
    close,
    abandon,
  };
}

interface CheckpointResult {
  /** Pages in the log, and how many of them are in the database file. */
  readonly log: number;
  readonly checkpointed: number;
}

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const logHeaderBytes = 32;
const frameHeaderBytes = 24;

function toLogLength({ log }: CheckpointResult, pageSize: number): number {
  return log === 0 ? 0 : logHeaderBytes + log * (frameHeaderBytes + pageSize);
}

/** https://www.sqlite.org/pragma.html#pragma_wal_checkpoint */
function prepareCheckpoint(database: DatabaseSync, mode: "PASSIVE" | "NOOP"): () => CheckpointResult {
  const statement = database.prepare(`PRAGMA wal_checkpoint(${mode})`);
  return () => statement.get() as unknown as CheckpointResult;
}

function withoutSync<T>(database: DatabaseSync, run: (database: DatabaseSync) => T): T {
  database.exec("PRAGMA synchronous = OFF");
  try {
    return run(database);
  } finally {
    database.exec("PRAGMA synchronous = NORMAL");
  }
}

/** A log that has become longer than this gives its space back with the next one. */
const maxIdleLogBytes = 32_000_000;

function openDatabase(path: string, copiesLog: boolean): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const isNew = statSync(path).size === 0;
  const database = new DatabaseSync(path);
  try {
    // Exclusive: a second gateway on the same state folder fails at startup.
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${maxIdleLogBytes}`,
    );
    if (isNew) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    // Without a write-ahead log, NORMAL can lose the first page of a new file. https://www.sqlite.org/pragma.html#pragma_synchronous
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    // The first read creates the log.
    database.exec("SELECT count(*) FROM sqlite_schema");
  } catch (error) {
    database.close();
    throw error;
  }
  if (!copiesLog) return database;
  try {
    // What a crash has left in the log is copied to the database. On a full disk it stays in the log.
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {}
  return database;
}
