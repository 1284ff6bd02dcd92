/** Keeps the last lines of the log in memory, for those who may read them from afar. */
import type { Clock, Log, LogFields } from "./agent/types.ts";
import { maySee } from "./agent/sessions/access.ts";
import { cutFields } from "./log.ts";

export interface TailRequest {
  readonly cursor: number | undefined;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface Tail {
  /** What to send as `cursor` for what comes next. */
  readonly cursor: number;
  readonly lines: readonly string[];
  readonly truncated: boolean;
}

export interface LogTail {
  /** Writes to the log and to the tail. */
  readonly log: Log;
  /** The newest lines, of those that came after `cursor`. */
  read(viewer: string, request: TailRequest): Tail;
}

/** Made into text when somebody reads it: hardly any ever is. */
interface Line {
  readonly number: number;
  readonly time: number;
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

const maxLines = 2_000;
const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** `level` is the least severe that is kept. */
export function createLogTail(log: Log, level: string, clock: Clock): LogTail {
  const lines: Line[] = [];
  const least = levels.indexOf(level);
  let number = 0;

  const keep = (of: keyof Log, message: string, fields: LogFields = {}): void => {
    if (levels.indexOf(of) < least) return;
    number += 1;
    lines.push({ number, time: clock(), level: of, message, fields });
    // Thrown away in larger pieces: to shift a long list is not free.
    if (lines.length > maxLines * 1.25) lines.splice(0, lines.length - maxLines);
  };
  const both =
    (of: keyof Log): Log[keyof Log] =>
    (message, fields) => {
      log[of](message, fields);
      keep(of, message, fields);
    };

  return {
    log: { debug: both("debug"), info: both("info"), warn: both("warn"), error: both("error") },
    read(viewer, { cursor = 0, limit, maxBytes }) {
      const since = lines.filter((line) => line.number > cursor && isFor(viewer, line));
      const newest = since.slice(-limit).map(textOf);
      let bytes = 0;
      const from = newest.findLastIndex((text) => (bytes += Buffer.byteLength(text)) > maxBytes) + 1;
      const taken = newest.slice(from);
      return { cursor: number, lines: taken, truncated: taken.length < since.length };
    },
  };
}

/** What names nobody is the gateway's own business. */
function isFor(viewer: string, { fields: { credential } }: Line): boolean {
  return maySee(viewer, typeof credential === "string" ? credential : "");
}

function textOf({ time, level, message, fields }: Line): string {
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...cutFields(fields) });
}
