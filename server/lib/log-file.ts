/** The file of the log. It is renamed each day and when it is large, and old ones are deleted. */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "./ports.ts";
import type { LineTarget } from "./line-writer.ts";

export interface LogFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** Renamed files that are kept. */
  readonly maxFiles: number;
  readonly retentionMs: number;
}

export interface LogFile extends LineTarget {
  /** Opens the file again before the next line: another program may have moved it. */
  reopen(): void;
}

/** Throws when the file cannot be opened. */
export function openLogFile(options: LogFileOptions, clock: Clock = Date.now): LogFile {
  const { path, maxBytes } = options;
  let descriptor: number | undefined;
  let bytes = 0;
  let day = "";

  const openFile = (): number => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const opened = openSync(path, "a", 0o600);
    const { size, mtimeMs } = fstatSync(opened);
    bytes = size;
    day = toDay(size === 0 ? clock() : mtimeMs);
    return opened;
  };
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  const rotate = (): void => {
    try {
      renameSync(path, `${path}.${toTimestamp(clock())}`);
    } catch {
      // It stays as it is, and grows. The next batch tries again.
      return;
    }
    close();
    deleteOld(options, clock());
  };

  descriptor = openFile();
  deleteOld(options, clock());
  return {
    open(length) {
      const isFull = bytes > 0 && (bytes + length > maxBytes || toDay(clock()) !== day);
      if (descriptor !== undefined && isFull) rotate();
      descriptor ??= openFile();
      bytes += length;
      return descriptor;
    },
    reopen: close,
    close,
  };
}

const toDay = (time: number): string => new Date(time).toISOString().slice(0, 10);
/** `20260131T235959999Z`: such names are in the order of time. */
const toTimestamp = (time: number): string => new Date(time).toISOString().replaceAll(/[-:.]/g, "");

function deleteOld({ path, maxFiles, retentionMs }: LogFileOptions, now: number): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const isRenamed = (name: string): boolean =>
    name.startsWith(prefix) && /^\d{8}T\d{9}Z$/.test(name.slice(prefix.length));
  try {
    for (const [index, name] of readdirSync(folder).filter(isRenamed).toSorted().toReversed().entries()) {
      const file = join(folder, name);
      if (index >= maxFiles || statSync(file).mtimeMs < now - retentionMs) rmSync(file, { force: true });
    }
  } catch {
    // They are deleted next time.
  }
}
