/** Formats numbers and times for people. */

export const formatSeconds = (ms: number): string =>
  ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;

const isToday = (date: Date): boolean => date.toDateString() === new Date().toDateString();

export function formatTime(at: number): string {
  const date = new Date(at);
  return isToday(date)
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Formats a time with its second, for a log. */
export function formatSecond(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB");
  return isToday(date)
    ? time
    : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

/** Control characters and marks that change the direction of a text would let a text look like another one. */
export const showHiddenCharacters = (text: string): string =>
  text.replaceAll(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000B-\u001F\u007F\u202A-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
