/** A part of this many characters is laid out in a few milliseconds. */
const maxPartLength = 20_000;

/** Divides a text at ends of lines where it can. Each part is a block, so the line break between two parts is in neither. */
export function splitText(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > maxPartLength) {
    const lineEnd = text.lastIndexOf("\n", start + maxPartLength);
    const isInLine = lineEnd <= start;
    const end = isInLine ? endOfCharacter(text, start + maxPartLength) : lineEnd;
    parts.push(text.slice(start, end));
    start = isInLine ? end : end + 1;
  }
  parts.push(text.slice(start));
  return parts;
}

/** A pair of surrogates is one character. */
const endOfCharacter = (text: string, end: number): number =>
  /[\uD800-\uDBFF]/.test(text[end - 1] ?? "") ? end - 1 : end;
