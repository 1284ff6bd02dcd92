/** Formats rows as lines with aligned columns. */

export function formatTable(texts: readonly (readonly string[])[]): readonly string[] {
  const rows = texts.map((row) => row.map((text) => text.replaceAll(/[\r\n]+/g, " ")));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
