/** The log: one JSON object a line (or text for people) on standard error. Never a body, a prompt or a credential. */
import pino from "pino";
import type { Log } from "./agent/types.ts";

interface LogOptions {
  readonly level: string;
  readonly format: "json" | "text";
}

/** Longest text of one field. */
const maxFieldLength = 256;

export function createLog({ level, format }: LogOptions, write = standardError()): Log {
  const destination = { write: format === "json" ? write : (line: string) => write(asText(line)) };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }), log: cutFields },
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

/** Lines that come while one is being written leave together; at the end of the process none is left behind. */
function standardError(): (line: string) => void {
  const stderr = pino.destination({ dest: 2, sync: false });
  process.on("exit", () => stderr.flushSync());
  // Whoever reads the log may leave: that ends the log, not the gateway.
  stderr.on("error", () => {});
  return (line) => void stderr.write(line);
}

export function cutFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const cut: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    cut[name] = typeof value === "string" ? value.slice(0, maxFieldLength) : value;
  }
  return cut;
}

function asText(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase().padEnd(5), message, ...pairs].join(" ")}\n`;
}
