/** Reads messages from a terminal with history and completion, or from a pipe, one a line. */
import { createInterface, type Completer } from "node:readline";
import { Writable } from "node:stream";
import type { Io, Terminal } from "../io.ts";

export interface LineReader {
  /** Resolves to the next message, or to undefined at the end of the input. */
  read(): Promise<string | undefined>;
  close(): void;
}

interface LineReaderOptions {
  readonly prompt: string;
  /** Earlier messages, the newest first. */
  readonly history: readonly string[];
  readonly complete: Completer;
  /** Called for a line that arrives while nobody reads. Returns whether it handled it; otherwise the line waits. */
  onEarlyLine(line: string): boolean;
  /** Called on Ctrl-C, unless it cleared a line that was being typed. */
  onInterrupt(): void;
}

/** Terminals that support it put pasted text in brackets, so that its line breaks do not send it. */
const bracketedPaste = { on: "\u001b[?2004h", off: "\u001b[?2004l" };
const continuationPrompt = ".. ";
const quotes = '"""';

export function createLineReader(io: Io, options: LineReaderOptions): LineReader {
  const isInteractive = io.terminal !== undefined && io.input.isTTY === true;
  const lines: string[] = [];
  let deliver: ((line: string | undefined) => void) | undefined;
  let isEnded = false;
  let isPasting = false;
  let pasted = "";

  const echo = createEcho(io.terminal, () => deliver !== undefined);
  const reader = createInterface({
    input: io.input,
    terminal: isInteractive,
    ...(isInteractive && { output: echo, completer: options.complete }),
    history: [...options.history],
    historySize: 1_000,
    removeHistoryDuplicates: true,
  });
  if (isInteractive) {
    io.terminal?.write(bracketedPaste.on);
    io.input.on("keypress", (_, { name }: { readonly name?: string }) => {
      if (name === "paste-start") isPasting = true;
      else if (name === "paste-end") isPasting = false;
    });
  }

  const take = (line: string | undefined): void => {
    const waiting = deliver;
    deliver = undefined;
    waiting?.(line);
  };
  reader.on("line", (typed) => {
    if (isPasting) {
      pasted += `${typed}\n`;
      return;
    }
    const line = pasted + typed;
    pasted = "";
    if (deliver !== undefined) take(line);
    else if (!options.onEarlyLine(line)) lines.push(line);
  });
  reader.on("close", () => {
    isEnded = true;
    take(undefined);
  });
  const interrupt = (): void => {
    if (deliver !== undefined && (reader.line !== "" || pasted !== "")) {
      pasted = "";
      io.terminal?.write("^C\n");
      reader.write(null, { ctrl: true, name: "e" });
      reader.write(null, { ctrl: true, name: "u" });
      reader.prompt();
      return;
    }
    options.onInterrupt();
    if (deliver !== undefined && isInteractive) reader.prompt();
  };
  // A terminal in raw mode sends Ctrl-C as a key.
  reader.on("SIGINT", interrupt);
  const interruptHandler = io.onInterrupt(interrupt);

  const readLine = (prompt: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const early = lines.shift();
      if (early !== undefined) {
        if (isInteractive) io.out(prompt + early);
        resolve(early);
        return;
      }
      if (isEnded) {
        resolve(undefined);
        return;
      }
      deliver = resolve;
      if (!isInteractive) return;
      reader.setPrompt(prompt);
      // What was typed during a reply stays in the line.
      reader.prompt(true);
    });

  return {
    async read() {
      let message = await readLine(options.prompt);
      const isQuoted = message?.startsWith(quotes) ?? false;
      while (message !== undefined && (isQuoted ? !isClosed(message) : message.endsWith("\\"))) {
        const next = await readLine(continuationPrompt);
        if (next === undefined) break;
        message = `${isQuoted ? message : message.slice(0, -1)}\n${next}`;
      }
      return isQuoted ? message?.replaceAll(quotes, "").trim() : message;
    },
    close() {
      interruptHandler.undo();
      if (isInteractive) io.terminal?.write(bracketedPaste.off);
      reader.close();
    },
  };
}

const isClosed = (message: string): boolean => message.length > 5 && message.trimEnd().endsWith(quotes);

/** The output of the line editor. What is typed while a reply is printed is not shown in it. */
function createEcho(terminal: Terminal | undefined, isShown: () => boolean): Writable {
  const echo = new Writable({
    write(chunk: Buffer, _, done) {
      if (isShown()) terminal?.write(chunk.toString());
      done();
    },
  });
  // The line editor reads the width of its output, and listens to its changes.
  Object.defineProperty(echo, "columns", { get: () => terminal?.columns });
  terminal?.onResize(() => echo.emit("resize"));
  return echo;
}
