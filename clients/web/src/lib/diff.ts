/** The lines that differ between two texts. */

export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

const context = 3;

/** By the longest common subsequence of the lines between the common start and end. Equal lines far from a change are left out. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const toSame = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...a.slice(Math.max(0, start - context), start).map(toSame),
    ...middle,
    ...a.slice(a.length - end, a.length - end + context).map(toSame),
  ];
}

function compare(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const read = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        a[i] === b[j] ? read(i + 1, j + 1) + 1 : Math.max(read(i + 1, j), read(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [removed = "", added = ""] = [a[i], b[j]];
    if (i < a.length && j < b.length && removed === added) {
      lines.push({ kind: "same", text: added });
      [i, j] = [i + 1, j + 1];
    } else if (i < a.length && (j >= b.length || read(i + 1, j) >= read(i, j + 1))) {
      lines.push({ kind: "removed", text: removed });
      i += 1;
    } else {
      lines.push({ kind: "added", text: added });
      j += 1;
    }
  }
  return lines;
}
