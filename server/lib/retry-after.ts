/** Reads the `Retry-After` of another server. */

/**
 * Returns whole seconds from now, from `retry-after-ms`, or from `Retry-After` as seconds or as a date. Undefined without them.
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1_000);
  const value = headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const seconds = /^\s*[\d.]+\s*$/.test(value)
    ? Number.parseFloat(value)
    : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}
