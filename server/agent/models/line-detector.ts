/** Tells a body of JSON lines, which is a stream, from one JSON text, which may be on several lines too. */
import { tryParseJson } from "./untrusted-json.ts";
import { createUtf8Decoder } from "./utf8-decoder.ts";

export interface LineDetector {
  /** Returns true once the first line is JSON and another one follows. */
  push(bytes: Uint8Array): boolean;
}

/** A longer first line is no event. */
const maxFirstLineCharacters = 1024 * 1024;

export function createLineDetector(): LineDetector {
  const decoder = createUtf8Decoder();
  let text = "";
  let state: "first line" | "next line" | "one text" = "first line";

  return {
    push(bytes) {
      if (state === "one text") return false;
      text += decoder.decode(bytes);
      if (state === "first line") {
        if (text.length > maxFirstLineCharacters) state = "one text";
        if (!hasLineBreak(bytes)) return false;
        const end = text.search(/\S[\r\n]/) + 1;
        state = tryParseJson(text.slice(0, end)) === undefined ? "one text" : "next line";
        text = text.slice(end);
      }
      // Line breaks at the end of one text.
      text = text.trimStart();
      return state === "next line" && text !== "";
    },
  };
}

const hasLineBreak = (bytes: Uint8Array): boolean => bytes.includes(0x0a) || bytes.includes(0x0d);
