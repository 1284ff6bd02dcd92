/** A fast path for streams: most chunks differ only in their text, so one parsed chunk serves as the template of the rest. */

export interface TextTemplate {
  /** Returns the text of a chunk that differs from the template in its text only; undefined for any other chunk. */
  matchText(data: string): string | undefined;
  /** Reads the chunks that match at this position of a stream, each as an event of its own, and joins their texts. */
  matchEvents(stream: string, position: number): MatchedEvents;
  /** Whether `rest`, the end of a stream so far, is the start of an event that can match. */
  canMatch(rest: string): boolean;
  /** Learns the template from a chunk that has only `text`. `readText` parses the text of such a chunk. */
  learn(data: string, text: string, readText: (data: string) => string | undefined): void;
}

interface MatchedEvents {
  readonly text: string;
  /** Position after the last event that matches. */
  readonly end: number;
}

/** Attempts at learning: a server whose chunks also differ elsewhere has no template. */
const maxAttempts = 4;
const probe = "\u0001probe";
/** Characters that have to be parsed, or that a JSON string cannot contain. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const specialCharacters = /["\\\u0000-\u001f]/;
const dataField = "data: ";
const eventEnd = "\n\n";

/** OpenAI pads chunks to one length, so that their sizes do not tell the text. The padding is the last field. */
const paddedTail = /^(.*"obfuscation":\s*")[^"\\]*("\s*\})$/;

export function createTextTemplate(): TextTemplate {
  let head = "";
  let tail = "";
  /** What follows the padding; empty for chunks without padding, which end with `tail`. */
  let paddingEnd = "";
  let eventHead = "";
  let attempts = 0;

  /** Returns -1 for a chunk that differs from the template in more than its text and its padding. */
  const findTextEnd = (stream: string, textStart: number, dataEnd: number): number => {
    if (paddingEnd === "") {
      const textEnd = dataEnd - tail.length;
      return textEnd >= textStart && stream.slice(textEnd, dataEnd) === tail ? textEnd : -1;
    }
    // A quote within the text is escaped, so the tail cannot begin there.
    const textEnd = stream.indexOf(tail, textStart);
    const start = textEnd + tail.length;
    const end = dataEnd - paddingEnd.length;
    const isPadded = textEnd >= 0 && start <= end && stream.slice(end, dataEnd) === paddingEnd;
    return isPadded && !specialCharacters.test(stream.slice(start, end)) ? textEnd : -1;
  };

  return {
    matchText(data) {
      // Comparing slices is four times as fast as `startsWith`.
      if (head === "" || data.slice(0, head.length) !== head) return undefined;
      const end = findTextEnd(data, head.length, data.length);
      return end < 0 ? undefined : parseString(data.slice(head.length, end));
    },
    matchEvents(stream, position) {
      let text = "";
      let end = position;
      if (head === "") return { text, end };
      while (stream.slice(end, end + eventHead.length) === eventHead) {
        const textStart = end + eventHead.length;
        const dataEnd = stream.indexOf(eventEnd, textStart);
        const textEnd = dataEnd < 0 ? -1 : findTextEnd(stream, textStart, dataEnd);
        if (textEnd < 0) break;
        const fragment = parseString(stream.slice(textStart, textEnd));
        if (fragment === undefined) break;
        text += fragment;
        end = dataEnd + eventEnd.length;
      }
      return { text, end };
    },
    canMatch: (rest) =>
      head !== "" &&
      (rest.length < eventHead.length ? eventHead.startsWith(rest) : rest.startsWith(eventHead)),
    learn(data, text, readText) {
      // Pretty-printed data is on several lines of the stream.
      if (attempts === maxAttempts || data.includes("\n")) return;
      attempts += 1;
      const [before, after, ...more] = data.split(JSON.stringify(text));
      if (before === undefined || after === undefined || more.length > 0) return;
      // The text may occur elsewhere in the chunk, escaped differently: parsing a probe in its place proves the position.
      if (readText(before + JSON.stringify(probe) + after) !== probe) return;
      head = `${before}"`;
      const [, padded, ending = ""] = paddedTail.exec(after) ?? [];
      tail = `"${padded ?? after}`;
      paddingEnd = ending;
      eventHead = dataField + head;
    },
  };
}

/** The value of a JSON string from what is between its quotes; undefined when that is no string. */
function parseString(quoted: string): string | undefined {
  if (!specialCharacters.test(quoted)) return quoted;
  try {
    const value: unknown = JSON.parse(`"${quoted}"`);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
