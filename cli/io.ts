/** The process as commands use it: environment, standard streams and signals. */
import { text } from "node:stream/consumers";
import { styleText } from "node:util";

export interface Io {
  readonly env: NodeJS.ProcessEnv;
  /** Prints a line of the result to stdout. */
  out(line: string): void;
  /** Prints any other line to stderr. */
  err(line: string): void;
  /** Writes text to stdout without a line end. */
  write(text: string): void;
  /** Reads stdin to its end. */
  readInput(): Promise<string>;
  /** Prints a secondary line to stderr, dimmed on a terminal with colours. */
  dim(line: string): void;
  /** Calls `listener` on SIGINT and SIGTERM instead of exiting, until `undo` is called. */
  onInterrupt(listener: () => void): { undo(): void };
}

export function processIo(): Io {
  // The reader of a pipe may close it; the process must survive that.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    out: (line) => console.log(toPrintable(process.stdout, line)),
    err: (line) => console.error(toPrintable(process.stderr, line)),
    write: (chunk) => void process.stdout.write(toPrintable(process.stdout, chunk)),
    readInput: () => text(process.stdin),
    dim: (line) =>
      console.error(styleText("dim", toPrintable(process.stderr, line), { stream: process.stderr })),
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return { undo: () => void process.off("SIGINT", listener).off("SIGTERM", listener) };
    },
  };
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
