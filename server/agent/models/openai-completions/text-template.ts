/** A fast path for streams: most chunks differ only in their text, so one parsed chunk serves as the template of the rest. */

export interface TextTemplate {
  /** Returns the text of a chunk that differs from the template in its text only; undefined for any other chunk. */
  matchText(data: string): string | undefined;
  /** Learns the template from a chunk that has only `text`. `readText` parses the text of such a chunk. */
  learn(data: string, text: string, readText: (data: string) => string | undefined): void;
}

/** Attempts at learning: a server whose chunks also differ elsewhere has no template. */
const maxAttempts = 4;
const probe = "\u0001probe";

export function createTextTemplate(): TextTemplate {
  let head = "";
  let tail = "";
  let attempts = 0;

  return {
    matchText(data) {
      const end = data.length - tail.length;
      if (head === "" || end < head.length + 2) return undefined;
      // Comparing slices is four times as fast as `startsWith`.
      if (data.slice(0, head.length) !== head || data.slice(end) !== tail) return undefined;
      return parseString(data.slice(head.length, end));
    },
    learn(data, text, readText) {
      if (attempts === maxAttempts) return;
      attempts += 1;
      const [before, after, ...more] = data.split(JSON.stringify(text));
      if (before === undefined || after === undefined || more.length > 0) return;
      // The text may occur elsewhere in the chunk, escaped differently: parsing a probe in its place proves the position.
      if (readText(before + JSON.stringify(probe) + after) !== probe) return;
      head = before;
      tail = after;
    },
  };
}

/** The value of a JSON string; undefined for any other JSON. */
function parseString(json: string): string | undefined {
  if (!json.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
