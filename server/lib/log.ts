/** The log: one line for each event, on standard error or in a file. It never contains a body, a prompt or a credential. */
import { styleText } from "node:util";
import pino from "pino";
import type { Config } from "../../contracts/config/config.ts";
import { parseDurationMs } from "../../contracts/config/fields.ts";
import { createLineWriter, type LineWriter } from "./line-writer.ts";
import { openLogFile, type LogFile } from "./log-file.ts";
import type { Log } from "./ports.ts";

/** The settings of a file are needed only with one. */
type LogOptions = Pick<Config["logging"], "level" | "format"> & Partial<Config["logging"]>;

/** Largest number of characters of one field. */
const maxFieldLength = 256;
/** Largest number of characters of the field `stack`, which has the frames of an error and no message. */
const maxStackLength = 4_096;

export interface ConfigurableLog extends Log {
  /** Replaces the options. Throws when the file of the log cannot be opened, and then nothing has changed. */
  configure(options: LogOptions): void;
  /** Opens the file again: another program may have moved it. */
  reopen(): void;
  /** Writes a line of another process's log: JSON with its line end. */
  forward(line: string): void;
  /** Resolves when all lines are written, or after `maxMs` milliseconds. */
  flush(maxMs: number): Promise<void>;
}

/** Returns false when the line was dropped, because the reader has stopped. */
type WriteLine = (line: string) => boolean | number | void;

interface LogDeps {
  /** Takes the lines instead of standard error and the file. */
  readonly writeLine?: WriteLine;
  /** Name of this process, for the field `node` of every line. Absent: the lines have none. */
  readonly node?: string | undefined;
  /** A pipe to the process that forwards the lines. They are written to it as JSON, instead of standard error or the file. */
  readonly descriptor?: number | undefined;
}

export function createLog(
  options: LogOptions,
  { writeLine, node, descriptor }: LogDeps = {},
): ConfigurableLog {
  const pipe = descriptor === undefined ? undefined : createDescriptorWriter(descriptor);
  let output = openOutput(options, pipe);
  let dropped = 0;
  const destination = {
    write(line: string) {
      const isWritten = (writeLine ?? output.writer.write)(output.format(line)) !== false;
      if (!isWritten) dropped += 1;
      else {
        dropped += output.writer.takeLostCount();
        if (dropped > 0) reportDropped();
      }
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
      level: options.level,
      base: node === undefined ? null : { node },
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
    configure(next) {
      const replaced = output;
      output = openOutput(next, pipe);
      logger.level = next.level;
      if (replaced.file !== undefined) replaced.writer.close();
    },
    reopen: () => output.file?.reopen(),
    forward: (line) => destination.write(line),
    flush: (maxMs) => output.writer.flush(maxMs),
  };
}

interface Output {
  readonly writer: LineWriter;
  /** Undefined for standard error. */
  readonly file: LogFile | undefined;
  /** Converts a line of JSON. */
  readonly format: (line: string) => string;
}

const stderr = 2;
const createDescriptorWriter = (descriptor: number): LineWriter =>
  createLineWriter({ open: () => descriptor, close: () => {} });
const standardError = createDescriptorWriter(stderr);

function openOutput(options: LogOptions, pipe: LineWriter | undefined): Output {
  if (pipe !== undefined) return { writer: pipe, file: undefined, format: formatters.json };
  const { format, file: path, maxFileBytes = Infinity, maxFiles = Infinity, retention } = options;
  if (path === undefined) return { writer: standardError, file: undefined, format: formatters[format] };
  const retentionMs = retention === undefined ? Infinity : parseDurationMs(retention);
  try {
    const file = openLogFile({ path, maxBytes: maxFileBytes, maxFiles, retentionMs });
    // A file has no colors.
    const formatLine = formatters[format === "pretty" ? "text" : format];
    return { writer: createLineWriter(file), file, format: formatLine };
  } catch (error) {
    throw new Error(`The file of the log cannot be opened (logging.file): ${(error as Error).message}`, {
      cause: error,
    });
  }
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

export function truncateFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (!hasLongField(fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? value.slice(0, getMaxLength(name)) : value,
    ]),
  );
}

/** Without a copy: most lines have none. */
function hasLongField(fields: Readonly<Record<string, unknown>>): boolean {
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string" && value.length > getMaxLength(name)) return true;
  }
  return false;
}

const getMaxLength = (name: string): number => (name === "stack" ? maxStackLength : maxFieldLength);

const formatters: Readonly<Record<LogOptions["format"], (line: string) => string>> = {
  json: (line) => line,
  text: formatText,
  pretty: formatPretty,
};

function formatText(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase().padEnd(5), message, ...pairs].join(" ")}\n`;
}

const levelStyles = new Map<unknown, Parameters<typeof styleText>[0]>([
  ["debug", "dim"],
  ["info", "green"],
  ["warn", "yellow"],
  ["error", "red"],
]);

/** For a terminal: the time of day, colors, and stacks on lines of their own. Without colors where standard error has none. */
function formatPretty(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const style = (name: Parameters<typeof styleText>[0], text: string): string =>
    styleText(name, text, { stream: process.stderr });
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    isLong(value)
      ? []
      : [`${style("dim", `${name}=`)}${typeof value === "string" ? value : JSON.stringify(value)}`],
  );
  const blocks = Object.values(fields)
    .filter(isLong)
    .map((text) => `\n${style("dim", text.replaceAll(/^/gm, "    "))}`);
  const levelText = style(levelStyles.get(level) ?? "none", String(level).toUpperCase().padEnd(5));
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  return `${[style("dim", clock), levelText, style("bold", String(message)), ...pairs].join(" ")}${blocks.join("")}\n`;
}

const isLong = (value: unknown): value is string => typeof value === "string" && value.includes("\n");
