/** A part of this many characters is laid out in a few milliseconds. */
const maxPartLength = 20_000;

/** Divides a text at ends of lines where it can. Each part is a block, so the line break between two parts is in neither. */
export function splitText(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > maxPartLength) {
    // The search ends at the start of the part. In a long line a search of the text would go back to its beginning.
    const lineEnd = text.slice(start, start + maxPartLength + 1).lastIndexOf("\n");
    const isInLine = lineEnd <= 0;
    const end = isInLine ? endOfCharacter(text, start + maxPartLength) : start + lineEnd;
    parts.push(text.slice(start, end));
    start = isInLine ? end : end + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

/** A pair of surrogates is one character. */
const endOfCharacter = (text: string, end: number): number =>
  /[\uD800-\uDBFF]/.test(text[end - 1] ?? "") ? end - 1 : end;
