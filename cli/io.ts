/** What a command may touch of the process it runs in. */
import { text } from "node:stream/consumers";
import { styleText } from "node:util";
import { printable } from "./printable.ts";

export interface Io {
  readonly env: NodeJS.ProcessEnv;
  /** A line to stdout: what was asked for. */
  out(line: string): void;
  /** A line to stderr: everything else. */
  err(line: string): void;
  /** To stdout as it is, without the end of a line. */
  write(text: string): void;
  /** All of stdin. */
  input(): Promise<string>;
  /** A line to stderr that matters less: dimmed on a terminal that can, unless NO_COLOR says otherwise. */
  dim(line: string): void;
  /** Tells of every Ctrl-C, and of a request to end, instead of dying of it; until undone. */
  onInterrupt(listener: () => void): { undo(): void };
}

export function processIo(): Io {
  // Whoever reads the output may leave; that is no reason to die.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    out: (line) => console.log(shown(process.stdout, line)),
    err: (line) => console.error(shown(process.stderr, line)),
    write: (piece) => void process.stdout.write(shown(process.stdout, piece)),
    input: () => text(process.stdin),
    dim: (line) => console.error(styleText("dim", shown(process.stderr, line), { stream: process.stderr })),
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return { undo: () => void process.off("SIGINT", listener).off("SIGTERM", listener) };
    },
  };
}

/** Much of it has been written by others: models, tools, whoever has a key. Programs get it as it is. */
function shown({ isTTY }: NodeJS.WriteStream, text: string): string {
  return isTTY ? printable(text) : text;
}
