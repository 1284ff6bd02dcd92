/** How the calls of an agent's tools are visibleLines: a card on a terminal, or a line of stderr. */
import type { Io, Terminal } from "../io.ts";
import { cutToWidth } from "../text-width.ts";

export interface ToolLines {
  start(name: string, args: unknown): void;
  end(name: string, result: ToolResult): void;
  /** Something else that happened in the run. */
  note(text: string): void;
}

export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly durationMs: number;
}

const maxDetailChars = 200;
const maxResultLines = 3;

/** For `agent --verbose`, and for a chat in a pipe. */
export function createToolLines(io: Io): ToolLines {
  return {
    start: (name, args) => io.dim(`[${name}] ${cutToLine(JSON.stringify(args) ?? "")}`),
    end: (name, { isError, text }) => io.dim(`[${name}] ${isError ? "failed: " : ""}${cutToLine(text)}`),
    note: (text) => io.dim(text),
  };
}

/** For a chat on a terminal: the call, and below it the first lines of its result. */
export function createToolCards(terminal: Terminal): ToolLines {
  const printLine = (mark: string, text: string, style: "none" | "dim" | "red"): void => {
    const line = cutToWidth(text.replaceAll("\t", "  "), terminal.columns - 3);
    terminal.write(`${terminal.style("dim", mark)} ${terminal.style(style, line)}\n`);
  };
  return {
    start(name, args) {
      const line = cutToWidth(` ${JSON.stringify(args) ?? ""}`, terminal.columns - 3 - name.length);
      terminal.write(
        `${terminal.style("dim", "┌")} ${terminal.style("bold", name)}${terminal.style("none", line)}\n`,
      );
    },
    end(_, { isError, text, durationMs }) {
      const lines = text.trimEnd().split("\n");
      const visibleLines = lines.slice(
        0,
        lines.length > maxResultLines ? maxResultLines - 1 : maxResultLines,
      );
      for (const line of visibleLines) printLine("│", line, isError ? "red" : "dim");
      const more =
        lines.length > visibleLines.length ? `, ${lines.length - visibleLines.length} more lines` : "";
      printLine(
        "└",
        `${isError ? "failed" : "done"} in ${formatSeconds(durationMs)}${more}`,
        isError ? "red" : "dim",
      );
    },
    note: (text) => printLine("·", text, "dim"),
  };
}

const formatSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Returns the first line, cut to a maximum length. */
function cutToLine(text: string): string {
  const [line = "", ...more] = text.split("\n");
  return line.length > maxDetailChars || more.length > 0 ? `${line.slice(0, maxDetailChars)} …` : line;
}
