/** What a command may touch of the process it runs in. */
import { text } from "node:stream/consumers";
import { styleText } from "node:util";

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
  /** For what matters less: dimmed on a terminal that can, unless NO_COLOR says otherwise. */
  dim(text: string): string;
  /** Tells of every Ctrl-C, and of a request to end, instead of dying of it; until undone. */
  onInterrupt(listener: () => void): { undo(): void };
}

export function processIo(): Io {
  // Whoever reads the output may leave; that is no reason to die.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    env: process.env,
    out: (line) => console.log(line),
    err: (line) => console.error(line),
    write: (piece) => void process.stdout.write(piece),
    input: () => text(process.stdin),
    dim: (words) => styleText("dim", words, { stream: process.stderr }),
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return { undo: () => void process.off("SIGINT", listener).off("SIGTERM", listener) };
    },
  };
}
