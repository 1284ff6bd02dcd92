/** The log on standard error: one JSON object or one text line per event. It never contains a body, a prompt or a credential. */
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

export function createLog({ level, format }: LogOptions, write = openStandardError()): Log {
  const destination = { write: format === "json" ? write : (line: string) => write(formatText(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
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
  };
}

/** A write costs more than a line: lines wait this long, or until there are so many characters of them. */
const maxLogDelayMs = 50;
const minWriteLength = 4_096;

/** Batches lines. Flushes at exit, which includes a fatal error. */
function openStandardError(): (line: string) => void {
  const stderr = pino.destination({ dest: 2, sync: false, minLength: minWriteLength });
  let timer: NodeJS.Timeout | undefined;
  process.on("exit", () => stderr.flushSync());
  // If the reader of the log exits, logging stops and the gateway continues.
  stderr.on("error", () => {});
  return (line) => {
    stderr.write(line);
    timer ??= setTimeout(() => {
      timer = undefined;
      stderr.flush();
    }, maxLogDelayMs).unref();
  };
}

export function truncateFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const truncated: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const maxLength = name === "stack" ? maxStackLength : maxFieldLength;
    truncated[name] = typeof value === "string" ? value.slice(0, maxLength) : value;
  }
  return truncated;
}

function formatText(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase().padEnd(5), message, ...pairs].join(" ")}\n`;
}
