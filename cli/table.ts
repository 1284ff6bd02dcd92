/** Formats rows for people: as a table, or as paragraphs where a table does not fit. */
import { cutToWidth, getWidth } from "./text-width.ts";

const gap = "  ";
/** A narrower last column is hard to read. */
const minLastColumn = 20;

/** Formats rows as lines with aligned columns. */
export function formatTable(texts: readonly (readonly string[])[]): readonly string[] {
  const rows = toSingleLines(texts);
  const widths = measureColumns(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - getWidth(cell))))
      .join(gap)
      .trimEnd(),
  );
}

/**
 * Formats a table with a head for this width. The last column is cut where that suffices; else each row becomes a paragraph with
 * the first cell above the others. Without a width, in a pipe, it is a table of any width.
 */
export function formatListing(
  head: readonly string[],
  texts: readonly (readonly string[])[],
  columns: number | undefined,
): readonly string[] {
  const rows = toSingleLines(texts);
  const widths = measureColumns([head, ...rows]);
  const firstColumns = widths.slice(0, -1).reduce((sum, width) => sum + width + gap.length, 0);
  const width = firstColumns + (widths.at(-1) ?? 0);
  if (columns === undefined || width <= columns) return formatTable([head, ...rows]);
  if (columns - firstColumns >= minLastColumn) {
    const cutLast = (row: readonly string[]): readonly string[] =>
      row.map((cell, column) =>
        column === head.length - 1 ? cutToWidth(cell, columns - firstColumns) : cell,
      );
    return formatTable([head, ...rows.map(cutLast)]);
  }
  return rows.flatMap(([first = "", ...cells]) => [
    first,
    ...cells.flatMap((cell, index) =>
      cell === "" ? [] : [cutToWidth(`${gap}${head[index + 1]?.toLowerCase()}: ${cell}`, columns)],
    ),
  ]);
}

/** Formats names and their values. Where a value does not fit, the terminal wraps it after its name. */
export function formatProperties(
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): readonly string[] {
  const lines = formatTable(rows);
  const isTooWide = columns !== undefined && lines.some((line) => getWidth(line) > columns);
  return isTooWide ? toSingleLines(rows).map(([name, ...values]) => `${name}: ${values.join(gap)}`) : lines;
}

const toSingleLines = (texts: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  texts.map((row) => row.map((text) => text.replaceAll(/[\r\n]+/g, " ")));

function measureColumns(rows: readonly (readonly string[])[]): readonly number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => getWidth(row[column] ?? ""))),
  );
}
