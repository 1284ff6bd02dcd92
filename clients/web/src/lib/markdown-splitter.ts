/** Divides Markdown that grows. */

/**
 * A fence of code, or the end of a block: an empty line before a line that continues nothing, which is one without indentation
 * that is no list, no quote and no table.
 */
const boundary = /^ {0,3}(?:`{3,}|~{3,})|\n[ \t]*\n(?=[^\s>*+|-])(?!\d+[.)])/gm;

/** Blocks that come at once are one part up to this length: the check of each part makes a document. */
const maxPartLength = 32_000;

export interface Parts {
  /** Where each part ends. Only what follows the last one still changes. The list grows. */
  readonly ends: readonly number[];
  /** Counts the texts that do not continue the one before. */
  readonly version: number;
}

/**
 * Returns a function that divides a growing text at the ends of blocks. Rendering a long answer as it arrives would otherwise
 * take time by the square of its length. Positions are kept and not texts, since a slice keeps the text that it was taken from.
 */
export function createMarkdownSplitter(): (text: string) => Parts {
  let known = "";
  let version = 0;
  let ends: number[] = [];
  let position = 0;
  let isInFence = false;

  const findEnds = (text: string): void => {
    let partStart = ends.at(-1) ?? 0;
    let end = partStart;
    boundary.lastIndex = position;
    for (let match = boundary.exec(text); match !== null; match = boundary.exec(text)) {
      position = boundary.lastIndex;
      if (!match[0].startsWith("\n")) {
        isInFence = !isInFence;
        continue;
      }
      if (isInFence) continue;
      end = position;
      if (end - partStart < maxPartLength) continue;
      ends.push(end);
      partStart = end;
    }
    if (end > partStart) ends.push(end);
    // The last line, and empty ones after it, are read again when they have grown.
    position = Math.max(position, text.lastIndexOf("\n", text.trimEnd().length - 1) + 1);
  };
  return (text) => {
    if (text === known) return { ends, version };
    if (!text.startsWith(known)) {
      ends = [];
      position = 0;
      isInFence = false;
      version += 1;
    }
    known = text;
    findEnds(text);
    return { ends, version };
  };
}
