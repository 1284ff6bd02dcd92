/** The process as commands use it: environment, standard streams and signals. */
import { fstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { styleText } from "node:util";

export interface Io {
  readonly env: NodeJS.ProcessEnv;
  /** stdin. A terminal has `isTTY`. */
  readonly input: Readable & { readonly isTTY?: boolean };
  /** What stdin is. A file counts as a pipe. Undefined for a terminal, and for a device such as /dev/null. */
  readonly inputType: "pipe" | "socket" | undefined;
  /** The terminal that shows stdout. Undefined for a pipe or a file. */
  readonly terminal: Terminal | undefined;
  /** Prints a line of the result to stdout. */
  out(line: string): void;
  /** Prints any other line to stderr. */
  err(line: string): void;
  /** Writes text to stdout without a line end. */
  write(text: string): void;
  /** Prints a secondary line to stderr, dimmed on a terminal with colours. */
  dim(line: string): void;
  /** Calls `listener` on SIGINT and SIGTERM instead of exiting, until `undo` is called. */
  onInterrupt(listener: () => void): { undo(): void };
}

export type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** The current width. */
  readonly columns: number;
  /** Escapes the control characters of a text and styles it. NO_COLOR turns all styles off. */
  style(format: Style, text: string): string;
  /** Writes what `style` has returned, or text of this program. */
  write(text: string): void;
  onResize(listener: () => void): void;
}

export function processIo(): Io {
  // The reader of a pipe may close it; the process must survive that.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    get input() {
      return process.stdin;
    },
    get inputType() {
      return getInputType();
    },
    terminal: process.stdout.isTTY ? createTerminal(process.stdout) : undefined,
    out: (line) => console.log(toPrintable(process.stdout, line)),
    err: (line) => console.error(toPrintable(process.stderr, line)),
    write: (chunk) => void process.stdout.write(toPrintable(process.stdout, chunk)),
    dim: (line) =>
      console.error(styleText("dim", toPrintable(process.stderr, line), { stream: process.stderr })),
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return { undo: () => void process.off("SIGINT", listener).off("SIGTERM", listener) };
    },
  };
}

const defaultColumns = 80;

function createTerminal(stream: NodeJS.WriteStream): Terminal {
  return {
    get columns() {
      // A terminal that does not know its size reports 0.
      return stream.columns || defaultColumns;
    },
    style: (format, text) => styleText(format, escapeControlCharacters(text), { stream }),
    write: (text) => void stream.write(text),
    onResize: (listener) => void stream.on("resize", listener),
  };
}

function getInputType(): Io["inputType"] {
  try {
    const stats = fstatSync(0);
    if (stats.isSocket()) return "socket";
    return stats.isFIFO() || stats.isFile() ? "pipe" : undefined;
  } catch {
    // stdin is closed.
    return undefined;
  }
}

/** Escapes output for a terminal, since models, tools and key holders write much of it. Pipes get it unchanged. */
function toPrintable({ isTTY }: NodeJS.WriteStream, text: string): string {
  return isTTY ? escapeControlCharacters(text) : text;
}

/** Control characters except tabs and line ends. */
const controlCharacter = /(?!\r\n)[^\P{Cc}\t\n]/gu;

/** Replaces control characters by escapes, so that untrusted text cannot control the terminal. */
function escapeControlCharacters(text: string): string {
  return text.replaceAll(
    controlCharacter,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`,
  );
}
