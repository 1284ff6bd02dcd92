/** Replaces one or all occurrences of a text. The line ends of the file are kept. */
import { truncateText } from "../../lib/truncate-text.ts";
import { splitLines } from "./line-window.ts";
import { findLines } from "./find-lines.ts";

interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll: boolean;
  /** The file's path for error messages. */
  readonly displayPath: string;
}

interface ReplaceResult {
  readonly text: string;
  readonly count: number;
  /** Line numbers, from 1, of the first occurrences. */
  readonly lines: readonly number[];
}

const maxLines = 20;
const maxHintCharacters = 2_000;
/** A longer file is not searched for the closest match, because the search blocks the event loop. */
const maxSearchLength = 1_000_000;
const maxCharacters = 10_485_760;

export function replaceText(text: string, replacement: Replacement): ReplaceResult {
  const { oldText, newText, replaceAll, displayPath } = replacement;
  if (oldText === newText) throw new Error("oldText and newText are the same: there is nothing to change.");
  // Models write \n even if the file has \r\n.
  const lineEnds = text.includes("\r\n") ? ["\r\n", "\n"] : ["\n"];
  for (const lineEnd of lineEnds) {
    const target = setLineEnds(oldText, lineEnd);
    const { count, lines } = findOccurrences(text, target);
    if (count === 0) continue;
    if (count > 1 && !replaceAll) {
      const lineNumbers = count > lines.length ? `${lines.join(", ")} …` : lines.join(", ");
      throw new Error(
        `oldText is ${count} times in ${displayPath}, at lines ${lineNumbers}. Include more of the surrounding lines, or set replaceAll.`,
      );
    }
    const newContent = setLineEnds(newText, lineEnd);
    if (text.length + count * (newContent.length - target.length) > maxCharacters) {
      throw new Error(`${displayPath} would be larger than the 10 MB that can be written.`);
    }
    return { text: text.split(target).join(newContent), count, lines };
  }
  throw new Error(`oldText is not in ${displayPath}. ${suggestText(text, oldText)}`);
}

function setLineEnds(text: string, lineEnd: string): string {
  return text.replace(/\r?\n/g, lineEnd);
}

function findOccurrences(
  text: string,
  target: string,
): { readonly count: number; readonly lines: readonly number[] } {
  const lines: number[] = [];
  let count = 0;
  let line = 1;
  let countedUntil = 0;
  for (let index = text.indexOf(target); index >= 0; index = text.indexOf(target, index + target.length)) {
    count += 1;
    if (lines.length === maxLines) continue;
    line += text.slice(countedUntil, index).split("\n").length - 1;
    countedUntil = index;
    lines.push(line);
  }
  return { count, lines };
}

/** Returns the most similar lines exactly as they are in the file, so that the model can copy them. */
function suggestText(text: string, oldText: string): string {
  const lines = text.length > maxSearchLength ? [] : splitLines(text);
  const wantedLines = splitLines(oldText);
  const significantLine = wantedLines.find((line) => line.trim().length > 2);
  const start =
    findLines(lines, wantedLines, 0) ??
    (significantLine === undefined ? undefined : findLines(lines, [significantLine], 0));
  if (start === undefined) return "Read the file and copy the text from there.";
  const excerpt = lines.slice(start, start + wantedLines.length).join("\n");
  return `The closest match is at line ${start + 1}. The exact text there is:\n${truncateText(excerpt, maxHintCharacters)}`;
}
