/** Formats a range of lines for a model. Long lines are truncated; a note says how to read the next lines. */
import { truncateText } from "../../lib/truncate-text.ts";

export const maxLines = 2_000;
const maxLineCharacters = 2_000;
/** Below the limit of `capOutput`, which must not remove the note at the end. */
const maxCharacters = 95_000;

interface LineRange {
  /** The first line, from 1. */
  readonly offset: number;
  readonly limit: number;
}

/** Throws when the range begins after the last line. */
export function formatLineRange(lines: readonly string[], { offset, limit }: LineRange): string {
  const total = lines.length;
  if (offset > Math.max(total, 1))
    throw new Error(`There are only ${total} lines; offset ${offset} is past the end.`);
  const output: string[] = [];
  let remaining = maxCharacters;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    const truncated = truncateLine(line);
    remaining -= truncated.length + 1;
    if (remaining < 0) break;
    output.push(truncated);
  }
  const last = offset - 1 + output.length;
  if (last === total) return output.join("\n");
  return `${output.join("\n")}\n\n[Lines ${offset} to ${last} of ${total}. Continue with offset ${last + 1}.]`;
}

/** Returns the lines without line ends. A line end at the end of the text starts no further line. */
export function splitLines(text: string): readonly string[] {
  const lines = text.includes("\r\n") ? text.split(/\r?\n/) : text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function truncateLine(line: string): string {
  if (line.length <= maxLineCharacters) return line;
  const kept = truncateText(line, maxLineCharacters);
  return `${kept} [cut: ${line.length - kept.length} more characters in this line]`;
}
