/** Rows as CSV: https://www.rfc-editor.org/rfc/rfc4180 */

export function toCsv(rows: readonly Readonly<Record<string, string | number | null | undefined>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => toField(String(row[name] ?? ""))).join(","));
  return [names.join(","), ...lines, ""].join("\r\n");
}

/** A spreadsheet takes a text that begins so for a formula. */
function toField(text: string): string {
  const harmless = /^[=+@\t\r]|^-(?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
