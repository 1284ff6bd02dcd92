/** Writes text that wraps between words at the current width of the terminal. */
import type { Style, Terminal } from "../io.ts";
import { getWidth, wideCharacter } from "../text-width.ts";

export interface WordWrap {
  /** Writes a part of a line. A word is held back until it ends. */
  write(text: string, style: Style): void;
  /** Writes a part of a line as it is, for instance code. The terminal wraps it. */
  writeUnwrapped(text: string, style: Style): void;
  endLine(): void;
  /** Indents the further lines of this line. */
  setIndent(columns: number): void;
  isMidLine(): boolean;
}

/** Spaces, a wide character, or a word: there is a place to wrap between any two. */
const unit = new RegExp(`\\s+|(?:${wideCharacter.source})\\p{M}*|(?:(?!${wideCharacter.source})\\S)+`, "gu");

export function createWordWrap(terminal: Terminal): WordWrap {
  let column = 0;
  let indent = 0;
  let word = "";
  let wordWidth = 0;

  const flushWord = (): void => {
    if (word === "") return;
    if (column > indent && column + wordWidth > terminal.columns) {
      terminal.write(`\n${" ".repeat(indent)}`);
      column = indent;
    }
    terminal.write(word);
    column += wordWidth;
    word = "";
    wordWidth = 0;
  };

  return {
    write(text, style) {
      for (const [part] of text.matchAll(unit)) {
        const isSpace = /^\s/u.test(part);
        if (isSpace || wideCharacter.test(part)) flushWord();
        if (isSpace && column + part.length >= terminal.columns) continue;
        word += terminal.style(isSpace ? "none" : style, part);
        wordWidth += getWidth(part);
        if (isSpace || wideCharacter.test(part)) flushWord();
      }
    },
    writeUnwrapped(text, style) {
      flushWord();
      terminal.write(terminal.style(style, text));
      column += getWidth(text);
    },
    endLine() {
      flushWord();
      terminal.write("\n");
      column = 0;
      indent = 0;
    },
    setIndent(columns) {
      indent = columns;
    },
    isMidLine: () => column > 0 || word !== "",
  };
}
