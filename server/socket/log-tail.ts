/** Keeps the last lines of the log in memory for the `logs.tail` method. */
import type { Live } from "../lib/live.ts";
import type { Clock, Log, LogFields } from "../lib/ports.ts";
import { canView } from "../agent/sessions/permissions.ts";
import { truncateFields } from "../lib/log.ts";

export interface TailRequest {
  readonly cursor: number | undefined;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface TailPage {
  /** Send this as `cursor` to get the next lines. */
  readonly cursor: number;
  readonly lines: readonly string[];
  readonly truncated: boolean;
}

export interface LogTail {
  /** A log that also appends to the tail. */
  readonly log: Log;
  /** Returns the newest lines after `cursor` that the viewer may see. */
  read(viewer: string, request: TailRequest): TailPage;
}

/** Serialised only when it is read: most lines never are. */
interface Line {
  readonly number: number;
  readonly time: number;
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

const maxLines = 2_000;
const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Lines below the level are not kept. */
export function createLogTail(log: Log, level: Live<string>, clock: Clock): LogTail {
  const lines: Line[] = [];
  let number = 0;

  const append = (severity: keyof Log, message: string, fields: LogFields = {}): void => {
    if (levels.indexOf(severity) < levels.indexOf(level.current)) return;
    number += 1;
    lines.push({ number, time: clock(), level: severity, message, fields });
    // Old lines are removed in batches: shifting a long array is expensive.
    if (lines.length > maxLines * 1.25) lines.splice(0, lines.length - maxLines);
  };
  const writeBoth =
    (severity: keyof Log): Log[keyof Log] =>
    (message, fields) => {
      log[severity](message, fields);
      append(severity, message, fields);
    };

  return {
    log: {
      debug: writeBoth("debug"),
      info: writeBoth("info"),
      warn: writeBoth("warn"),
      error: writeBoth("error"),
    },
    read(viewer, { cursor = 0, limit, maxBytes }) {
      const newer = lines.filter((line) => line.number > cursor && canViewLine(viewer, line));
      const newest = newer.slice(-limit).map(formatLine);
      let bytes = 0;
      const start = newest.findLastIndex((text) => (bytes += Buffer.byteLength(text)) > maxBytes) + 1;
      const page = newest.slice(start);
      return { cursor: number, lines: page, truncated: page.length < newer.length };
    },
  };
}

/** A line without a credential is visible to operators only. */
function canViewLine(viewer: string, { fields: { credential } }: Line): boolean {
  return canView(viewer, typeof credential === "string" ? credential : "");
}

function formatLine({ time, level, message, fields }: Line): string {
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...truncateFields(fields) });
}
