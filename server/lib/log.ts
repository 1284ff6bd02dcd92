/** The log on standard error: one JSON object or one text line per event. It never contains a body, a prompt or a credential. */
import { write, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import type { Log } from "./ports.ts";

interface LogOptions {
  readonly level: string;
  readonly format: "json" | "text";
}

/** Largest number of characters of one field. */
const maxFieldLength = 256;
/** Largest number of characters of the field `stack`, which has the frames of an error and no message. */
const maxStackLength = 4_096;

export interface ConfigurableLog extends Log {
  /** Replaces level and format. */
  configure(options: LogOptions): void;
  /** Resolves when all lines are written, or after `maxMs` milliseconds. */
  flush(maxMs: number): Promise<void>;
}

/** Returns false when the line was dropped, because nobody reads what was written before. */
type WriteLine = (line: string) => boolean | number | void;

export function createLog(
  { level, format }: LogOptions,
  writeLine: WriteLine = standardError.write,
): ConfigurableLog {
  let isJson = format === "json";
  let dropped = 0;
  const destination = {
    write(line: string) {
      const isWritten = writeLine(isJson ? line : formatText(line)) !== false;
      if (!isWritten) dropped += 1;
      else if (dropped > 0) reportDropped();
    },
  };
  const reportDropped = (): void => {
    const count = dropped;
    dropped = 0;
    logger.warn({ count }, "lines of the log were dropped, because nobody read them");
    // The report itself was dropped.
    if (dropped > 0) dropped = count;
  };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: createTimestamp(),
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }), log: truncateFields },
    },
    destination,
  );
  return {
    debug: (message, fields) => logger.debug(fields, message),
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    configure(options) {
      logger.level = options.level;
      isJson = options.format === "json";
    },
    flush: standardError.flush,
  };
}

/** Returns a function that returns the time as the first field of a line. The part down to the second is formatted once. */
function createTimestamp(): () => string {
  let second = NaN;
  let prefix = "";
  return () => {
    const now = Date.now();
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      prefix = `,"time":"${new Date(now).toISOString().slice(0, -4)}`;
    }
    return `${prefix}${String(now % 1000).padStart(3, "0")}Z"`;
  };
}

/** A write costs more than a line: lines wait this long, or until there are so many characters of them. */
const maxLogDelayMs = 100;
const minWriteLength = 65_536;
/** Characters that wait for a reader that has stalled. Lines beyond them are dropped. */
const maxWaitingLength = 1_048_576;
/** Interval of the checks whether all lines are written. */
const flushCheckMs = 10;
/** Time until a full pipe is written to again. */
const retryMs = 100;
const stderr = 2;

/**
 * Batches lines. Flushes at exit, which includes a fatal error. A batch that cannot be written is dropped: if the reader of
 * the log exits, the gateway continues.
 */
function openStandardError(): {
  readonly write: (line: string) => boolean;
  readonly flush: (maxMs: number) => Promise<void>;
} {
  let waiting = "";
  let isWriting = false;
  let timer: NodeJS.Timeout | undefined;

  const isPending = (): boolean => isWriting || waiting !== "";
  const takeBatch = (): Buffer => {
    const batch = Buffer.from(waiting);
    waiting = "";
    return batch;
  };
  const writeBatch = (batch: Buffer): void => {
    isWriting = true;
    write(stderr, batch, (error, writtenBytes) => {
      const rest = batch.subarray(writtenBytes);
      if (error?.code === "EAGAIN") setTimeout(writeBatch, retryMs, batch).unref();
      else if (error === null && rest.length > 0) writeBatch(rest);
      else {
        isWriting = false;
        if (waiting.length >= minWriteLength) writeBatch(takeBatch());
        else if (waiting !== "") startTimer();
      }
    });
  };
  const startTimer = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!isWriting && waiting !== "") writeBatch(takeBatch());
    }, maxLogDelayMs).unref();
  };
  process.on("exit", () => writeAll(takeBatch()));

  return {
    write(line) {
      if (waiting.length + line.length > maxWaitingLength) return false;
      waiting += line;
      if (isWriting) return true;
      if (waiting.length >= minWriteLength) writeBatch(takeBatch());
      else startTimer();
      return true;
    },
    async flush(maxMs) {
      const deadline = performance.now() + maxMs;
      while (isPending() && performance.now() < deadline) await sleep(flushCheckMs);
    },
  };
}

const standardError = openStandardError();

/** Writes what standard error takes without waiting. */
function writeAll(batch: Buffer): void {
  try {
    let rest = batch;
    while (rest.length > 0) rest = rest.subarray(writeSync(stderr, rest));
  } catch {
    // The process exits: nobody can be told.
  }
}

export function truncateFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(fields);
  const isShort = ([name, value]: [string, unknown]): boolean =>
    typeof value !== "string" || value.length <= getMaxLength(name);
  if (entries.every(isShort)) return fields;
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === "string" ? value.slice(0, getMaxLength(name)) : value,
    ]),
  );
}

const getMaxLength = (name: string): number => (name === "stack" ? maxStackLength : maxFieldLength);

function formatText(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase().padEnd(5), message, ...pairs].join(" ")}\n`;
}
