/** Applies the hunks of a patch to a text. Context lines keep the file's own spaces and line ends. */
import { truncateText } from "../../lib/truncate-text.ts";
import type { Hunk } from "./patch-format.ts";
import { findLines } from "./find-lines.ts";

interface Line {
  readonly text: string;
  /** "" if it is the last line and has no line end. */
  readonly lineEnd: string;
}

/** Replaces `count` lines of the file from `start` on by `lines`. */
interface Change {
  readonly start: number;
  readonly count: number;
  readonly lines: readonly Line[];
}

const maxQuotedLength = 1_000;

/** Throws when a hunk does not fit; the message contains its number. */
export function applyHunks(text: string, hunks: readonly Hunk[]): string {
  const lines = splitLinesWithEnds(text);
  const texts = lines.map((line) => line.text);
  const lineEnd = lines[0]?.lineEnd || "\n";
  let nextStart = 0;
  const changes = hunks.map((hunk, index): Change => {
    try {
      const start = findHunkStart(hunk, texts, nextStart);
      const change = toChange(hunk, lines, start, lineEnd);
      // A hunk that appends to the file does not move the start of the search for the next hunk.
      if (start < texts.length) nextStart = start + change.count;
      return change;
    } catch (error) {
      throw new Error(`hunk ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  const lacksFinalLineEnd = lines.at(-1)?.lineEnd === "";
  return joinLines(applyChanges(lines, changes), lineEnd, lacksFinalLineEnd);
}

function splitLinesWithEnds(text: string): readonly Line[] {
  const rawLines = text.split("\n");
  const last = rawLines.pop() ?? "";
  const lines = rawLines.map((rawLine): Line =>
    rawLine.endsWith("\r")
      ? { text: rawLine.slice(0, -1), lineEnd: "\r\n" }
      : { text: rawLine, lineEnd: "\n" },
  );
  return last === "" ? lines : [...lines, { text: last, lineEnd: "" }];
}

function findHunkStart({ anchors, lines, atEnd }: Hunk, file: readonly string[], from: number): number {
  let start = from;
  let searchStart = from;
  for (const anchor of anchors) {
    const found = findLines(file, [anchor], start);
    if (found === undefined) throw new Error(`no line ${JSON.stringify(anchor)}${describePosition(start)}.`);
    start = found + 1;
    // A hunk may begin with the anchor line itself.
    searchStart = found;
  }
  const oldLines = lines.filter(({ sign }) => sign !== "+").map((line) => line.text);
  if (oldLines.length === 0) return anchors.length > 0 && !atEnd ? start : file.length;
  const found = findLines(file, oldLines, searchStart, atEnd);
  if (found !== undefined) return found;
  const otherStart = findLines(file, oldLines, 0);
  const position = atEnd ? " at its end" : describePosition(searchStart);
  const hint =
    otherStart === undefined
      ? "Read the file and copy the lines from there."
      : `They are at line ${otherStart + 1}${atEnd ? "" : ": hunks go from the top of the file to its end"}.`;
  throw new Error(
    `the file does not have these lines${position}:\n${truncateText(oldLines.join("\n"), maxQuotedLength)}\n${hint}`,
  );
}

function describePosition(line: number): string {
  return line === 0 ? "" : ` after line ${line}`;
}

function toChange(hunk: Hunk, lines: readonly Line[], start: number, lineEnd: string): Change {
  const newLines: Line[] = [];
  let index = start;
  for (const { sign, text } of hunk.lines) {
    const fileLine = lines[index];
    if (sign === "+") newLines.push({ text, lineEnd });
    else index += 1;
    if (sign === " " && fileLine !== undefined) newLines.push(fileLine);
  }
  return { start, count: index - start, lines: newLines };
}

function applyChanges(lines: readonly Line[], changes: readonly Change[]): readonly Line[] {
  const result: Line[][] = [];
  let copiedUntil = 0;
  for (const { start, count, lines: newLines } of changes.toSorted((a, b) => a.start - b.start)) {
    result.push(lines.slice(copiedUntil, start), [...newLines]);
    copiedUntil = start + count;
  }
  return [...result, lines.slice(copiedUntil)].flat();
}

function joinLines(lines: readonly Line[], lineEnd: string, lacksFinalLineEnd: boolean): string {
  const last = lines.length - 1;
  return lines
    .map((line, index) => line.text + (index === last && lacksFinalLineEnd ? "" : line.lineEnd || lineEnd))
    .join("");
}
