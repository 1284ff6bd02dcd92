/** The part of a text that a model is shown at once: some lines, none of them endless, and how to go on. */
import { cutText } from "./cap-output.ts";

export const maxLines = 2_000;
const maxLineCharacters = 2_000;
/** Below what a tool's result may have, so that the note at the end is never what is cut. */
const maxCharacters = 95_000;

interface Window {
  /** The first line, from 1. */
  readonly offset: number;
  readonly limit: number;
}

/** Throws when the window begins after the end. */
export function lineWindow(lines: readonly string[], { offset, limit }: Window): string {
  const total = lines.length;
  if (offset > Math.max(total, 1))
    throw new Error(`There are only ${total} lines; offset ${offset} is too far.`);
  const shown: string[] = [];
  let room = maxCharacters;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    const short = shortLine(line);
    room -= short.length + 1;
    if (room < 0) break;
    shown.push(short);
  }
  const last = offset - 1 + shown.length;
  if (last === total) return shown.join("\n");
  return `${shown.join("\n")}\n\n[Lines ${offset} to ${last} of ${total}. Go on with offset ${last + 1}.]`;
}

/** Lines without their ends; the end of the last one begins no other. */
export function linesOf(text: string): readonly string[] {
  const lines = text.includes("\r\n") ? text.split(/\r?\n/) : text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function shortLine(line: string): string {
  if (line.length <= maxLineCharacters) return line;
  const cut = cutText(line, maxLineCharacters);
  return `${cut} [cut: ${line.length - cut.length} more characters in this line]`;
}
