/** Chunks of one stream differ in their text alone: once one is understood, the others are told by what surrounds it. */

export interface TextTemplate {
  /** The text of a chunk that is the learned one but for its text; undefined for any other. */
  textOf(data: string): string | undefined;
  /** Learns from a chunk that says `text` and nothing else. `read` gives the text of a chunk of that kind. */
  learn(data: string, text: string, read: (data: string) => string | undefined): void;
}

/** A server that changes more with every chunk is not worth more tries than this. */
const maxLessons = 4;
const probe = "\u0001probe";

export function createTextTemplate(): TextTemplate {
  let head = "";
  let tail = "";
  let lessons = 0;

  return {
    textOf(data) {
      const end = data.length - tail.length;
      if (head === "" || end < head.length + 2) return undefined;
      // Slices are compared as a whole, four times as fast as `startsWith` compares characters.
      if (data.slice(0, head.length) !== head || data.slice(end) !== tail) return undefined;
      return stringIn(data.slice(head.length, end));
    },
    learn(data, text, read) {
      if (lessons === maxLessons) return;
      lessons += 1;
      const [before, after, ...more] = data.split(JSON.stringify(text));
      if (before === undefined || after === undefined || more.length > 0) return;
      // The text may stand elsewhere in the chunk, written in another way: only another text in its place proves it.
      if (read(before + JSON.stringify(probe) + after) !== probe) return;
      head = before;
      tail = after;
    },
  };
}

/** What stands between head and tail, if it is one JSON string and nothing more. */
function stringIn(json: string): string | undefined {
  if (!json.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
