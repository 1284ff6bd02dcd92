/** Applies the hunks of a patch to a text. Lines that stay keep the file's own blanks and line ends. */
import { cutText } from "./cap-output.ts";
import type { Hunk } from "./patch-format.ts";
import { seekLines } from "./seek-lines.ts";

interface Line {
  readonly text: string;
  /** "" for a last line without one. */
  readonly end: string;
}

/** Lines of the file from `start` on, and what takes their place. */
interface Change {
  readonly start: number;
  readonly count: number;
  readonly lines: readonly Line[];
}

const maxQuoted = 1_000;

/** Throws naming the hunk that does not fit. */
export function applyHunks(text: string, hunks: readonly Hunk[]): string {
  const lines = linesWithEnds(text);
  const plain = lines.map((line) => line.text);
  const end = lines[0]?.end || "\n";
  let from = 0;
  const changes = hunks.map((hunk, index): Change => {
    try {
      const start = startOf(hunk, plain, from);
      const change = changeOf(hunk, lines, start, end);
      // What is put at the end leaves the whole file to the next hunk.
      if (start < plain.length) from = start + change.count;
      return change;
    } catch (error) {
      throw new Error(`hunk ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  const endsOpen = lines.at(-1)?.end === "";
  return joined(applied(lines, changes), end, endsOpen);
}

function linesWithEnds(text: string): readonly Line[] {
  const pieces = text.split("\n");
  const last = pieces.pop() ?? "";
  const lines = pieces.map((piece): Line =>
    piece.endsWith("\r") ? { text: piece.slice(0, -1), end: "\r\n" } : { text: piece, end: "\n" },
  );
  return last === "" ? lines : [...lines, { text: last, end: "" }];
}

function startOf({ anchors, lines, atEnd }: Hunk, file: readonly string[], from: number): number {
  let start = from;
  let anchored = from;
  for (const anchor of anchors) {
    const found = seekLines(file, [anchor], start);
    if (found === undefined) throw new Error(`no line ${JSON.stringify(anchor)}${after(start)}.`);
    start = found + 1;
    // A hunk may begin with the line that its `@@` names.
    anchored = found;
  }
  const old = lines.filter(({ sign }) => sign !== "+").map((line) => line.text);
  if (old.length === 0) return anchors.length > 0 && !atEnd ? start : file.length;
  const found = seekLines(file, old, anchored, atEnd);
  if (found !== undefined) return found;
  const elsewhere = seekLines(file, old, 0);
  const where = atEnd ? " at its end" : after(anchored);
  const hint =
    elsewhere === undefined
      ? "Read the file and copy the lines from there."
      : `They are at line ${elsewhere + 1}${atEnd ? "" : ": hunks go from the top of the file to its end"}.`;
  throw new Error(
    `the file does not have these lines${where}:\n${cutText(old.join("\n"), maxQuoted)}\n${hint}`,
  );
}

function after(line: number): string {
  return line === 0 ? "" : ` after line ${line}`;
}

function changeOf(hunk: Hunk, lines: readonly Line[], start: number, end: string): Change {
  const filling: Line[] = [];
  let at = start;
  for (const { sign, text } of hunk.lines) {
    const own = lines[at];
    if (sign === "+") filling.push({ text, end });
    else at += 1;
    if (sign === " " && own !== undefined) filling.push(own);
  }
  return { start, count: at - start, lines: filling };
}

function applied(lines: readonly Line[], changes: readonly Change[]): readonly Line[] {
  const result: Line[][] = [];
  let done = 0;
  for (const { start, count, lines: filling } of changes.toSorted((a, b) => a.start - b.start)) {
    result.push(lines.slice(done, start), [...filling]);
    done = start + count;
  }
  return [...result, lines.slice(done)].flat();
}

function joined(lines: readonly Line[], end: string, endsOpen: boolean): string {
  const last = lines.length - 1;
  return lines.map((line, index) => line.text + (index === last && endsOpen ? "" : line.end || end)).join("");
}
