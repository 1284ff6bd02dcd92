/** Writes lines to a file descriptor in batches: a write costs more than a line. */
import { write, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface LineWriter {
  /** Returns false when the line was dropped, because nobody reads what was written before. */
  write(line: string): boolean;
  /** Returns the number of lines that could not be written since the last call. */
  takeLostCount(): number;
  /** Resolves when all lines are written, or after `maxMs` milliseconds. */
  flush(maxMs: number): Promise<void>;
  /** Writes what waits, then closes the target. */
  close(): void;
}

export interface LineTarget {
  /** Returns the descriptor for a batch of so many bytes. Throws when there is none. */
  open(bytes: number): number;
  close(): void;
}

/** Lines wait this long, or until there are so many characters of them. */
const maxDelayMs = 100;
const minWriteLength = 65_536;
/** Characters that wait for a reader that has stalled. Lines beyond them are dropped. */
const maxWaitingLength = 1_048_576;
/** Interval of the checks whether all lines are written. */
const flushCheckMs = 10;
/** Time until a full pipe is written to again. */
const retryMs = 100;

const openWriters = new Set<() => void>();
let isExitWatched = false;

/** Also writes at exit, which includes a fatal error. A batch that cannot be written is dropped: the process goes on. */
export function createLineWriter(target: LineTarget): LineWriter {
  let waiting = "";
  let lostCount = 0;
  let isWriting = false;
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;

  const isPending = (): boolean => isWriting || waiting !== "";
  const takeBatch = (): Buffer => {
    const batch = Buffer.from(waiting);
    waiting = "";
    return batch;
  };
  const endWrite = (): void => {
    isWriting = false;
    if (isClosing) finish();
    else if (waiting.length >= minWriteLength) writeBatch(takeBatch());
    else if (waiting !== "") startTimer();
  };
  const drop = (batch: Buffer): void => {
    lostCount += countLines(batch);
    endWrite();
  };
  const writeRest = (descriptor: number, batch: Buffer): void => {
    write(descriptor, batch, (error, writtenBytes) => {
      const rest = batch.subarray(writtenBytes);
      if (error?.code === "EAGAIN") setTimeout(writeRest, retryMs, descriptor, batch).unref();
      else if (error !== null) drop(batch);
      else if (rest.length > 0) writeRest(descriptor, rest);
      else endWrite();
    });
  };
  const writeBatch = (batch: Buffer): void => {
    isWriting = true;
    try {
      writeRest(target.open(batch.length), batch);
    } catch {
      drop(batch);
    }
  };
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!isWriting && waiting !== "") writeBatch(takeBatch());
    }, maxDelayMs).unref();
  };
  const writeNow = (): void => writeAll(target, takeBatch());
  const finish = (): void => {
    writeNow();
    openWriters.delete(writeNow);
    target.close();
  };
  openWriters.add(writeNow);
  if (!isExitWatched) process.on("exit", () => openWriters.forEach((writeLast) => writeLast()));
  isExitWatched = true;

  return {
    write(line) {
      if (waiting.length + line.length > maxWaitingLength) return false;
      waiting += line;
      if (isWriting) return true;
      if (waiting.length >= minWriteLength) writeBatch(takeBatch());
      else startTimer();
      return true;
    },
    takeLostCount() {
      const count = lostCount;
      lostCount = 0;
      return count;
    },
    async flush(maxMs) {
      const deadline = performance.now() + maxMs;
      while (isPending() && performance.now() < deadline) await sleep(flushCheckMs);
    },
    close() {
      isClosing = true;
      clearTimeout(timer);
      if (!isWriting) finish();
    },
  };
}

/** Writes what the target takes without waiting. */
function writeAll(target: LineTarget, batch: Buffer): void {
  if (batch.length === 0) return;
  try {
    const descriptor = target.open(batch.length);
    let rest = batch;
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch {
    // The process exits, or the log is elsewhere now: nobody can be told.
  }
}

const newline = 10;

function countLines(batch: Buffer): number {
  let count = 0;
  for (const byte of batch) if (byte === newline) count += 1;
  return count;
}
