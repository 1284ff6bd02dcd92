/** Finds lines among the lines of a file, as exactly as they can be found. */

/** Each forgives what the one before does not: blanks at the end, all blanks around, typographic characters. */
const levels: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => untypographic(line.trim()),
];

/** The index of the first of them, at `from` or later; with `atEnd` only where they are the last lines. */
export function seekLines(
  lines: readonly string[],
  wanted: readonly string[],
  from: number,
  atEnd = false,
): number | undefined {
  const start = atEnd ? Math.max(from, lines.length - wanted.length) : from;
  for (const plain of levels) {
    const found = seekExactly(lines, wanted.map(plain), start, plain);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Goes over the file once, however its lines repeat, and no further than it must (Knuth, Morris and Pratt). */
function seekExactly(
  lines: readonly string[],
  wanted: readonly string[],
  start: number,
  plain: (line: string) => string,
): number | undefined {
  if (wanted.length === 0) return undefined;
  const fallback = fallbackOf(wanted);
  let matched = 0;
  for (let at = start; at < lines.length; at += 1) {
    matched = extended(wanted, fallback, matched, plain(lines[at] ?? ""));
    if (matched === wanted.length) return at + 1 - matched;
  }
  return undefined;
}

/** For each number of lines that match: how many of the first still do when the next one does not. */
function fallbackOf(wanted: readonly string[]): readonly number[] {
  const fallback = [0, 0];
  for (const line of wanted.slice(1)) fallback.push(extended(wanted, fallback, fallback.at(-1) ?? 0, line));
  return fallback;
}

function extended(
  wanted: readonly string[],
  fallback: readonly number[],
  matched: number,
  line: string,
): number {
  let now = matched;
  while (now > 0 && wanted[now] !== line) now = fallback[now] ?? 0;
  return wanted[now] === line ? now + 1 : 0;
}

function untypographic(line: string): string {
  if (!/[^\0-\x7F]/.test(line)) return line;
  return line
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u2018-\u201B]/g, "'")
    .replace(/[\u201C-\u201F]/g, '"')
    .replace(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, " ");
}
