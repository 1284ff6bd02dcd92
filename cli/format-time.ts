/** Formats times for people: ISO 8601 in UTC, and relative to now. */

/** Returns for instance `2026-11-30T20:15:03Z`. */
export const formatTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, "");

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;
const maxRelativeMs = 30 * 86_400_000;

/** Returns for instance `5 min ago` or `in 3 d`, and the date of what is more than 30 days away. */
export function formatRelativeTime(ms: number, now = Date.now()): string {
  const distance = Math.abs(now - ms);
  if (distance > maxRelativeMs) return formatTime(ms).slice(0, 10);
  const unit = units.find(([, size]) => distance >= size);
  if (unit === undefined) return "now";
  const text = `${Math.floor(distance / unit[1])} ${unit[0]}`;
  return ms > now ? `in ${text}` : `${text} ago`;
}
