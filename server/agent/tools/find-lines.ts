/** Searches for consecutive lines in a file: first exactly, then with increasing tolerance. */

/** In this order: exact, ignoring trailing space, ignoring surrounding space and typographic characters. */
const normalizers: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => replaceTypography(line.trim()),
];

/** Returns the index of the first matching line, at `from` or later. With `atEnd` only the end of the file matches. */
export function findLines(
  lines: readonly string[],
  wanted: readonly string[],
  from: number,
  atEnd = false,
): number | undefined {
  const start = atEnd ? Math.max(from, lines.length - wanted.length) : from;
  for (const normalize of normalizers) {
    const found = findExactLines(lines, wanted.map(normalize), start, normalize);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Knuth-Morris-Pratt search: linear in the size of the file even if its lines repeat. */
function findExactLines(
  lines: readonly string[],
  wanted: readonly string[],
  start: number,
  normalize: (line: string) => string,
): number | undefined {
  if (wanted.length === 0) return undefined;
  const failureTable = createFailureTable(wanted);
  let matchedCount = 0;
  for (let index = start; index < lines.length; index += 1) {
    matchedCount = extendMatch(wanted, failureTable, matchedCount, normalize(lines[index] ?? ""));
    if (matchedCount === wanted.length) return index + 1 - matchedCount;
  }
  return undefined;
}

/** The KMP failure function: for each count of matched lines, how many still match after a mismatch. */
function createFailureTable(wanted: readonly string[]): readonly number[] {
  const failureTable = [0, 0];
  for (const line of wanted.slice(1))
    failureTable.push(extendMatch(wanted, failureTable, failureTable.at(-1) ?? 0, line));
  return failureTable;
}

function extendMatch(
  wanted: readonly string[],
  failureTable: readonly number[],
  matchedCount: number,
  line: string,
): number {
  let count = matchedCount;
  while (count > 0 && wanted[count] !== line) count = failureTable[count] ?? 0;
  return wanted[count] === line ? count + 1 : 0;
}

function replaceTypography(line: string): string {
  if (!/[^\0-\x7F]/.test(line)) return line;
  return line
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u2018-\u201B]/g, "'")
    .replace(/[\u201C-\u201F]/g, '"')
    .replace(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, " ");
}
