/**
 * Renders Markdown on a terminal while it arrives. Text is held back only as long as its meaning is open: the first
 * characters of a line, and emphasis, code or a link until its end. What never closes is printed as it is.
 */
import type { Style, Terminal } from "../io.ts";
import { createWordWrap } from "./word-wrap.ts";

export interface MarkdownWriter {
  write(text: string): void;
  /** Prints what is held back, and ends the line. */
  endLine(): void;
}

/** How far an open emphasis, code span or link is held back. */
const maxHeldChars = 500;
const maxRuleColumns = 40;

/** Beginnings of a line that may become the mark of a block. */
const openMark = /^ *(?:#{1,6} *|`{1,2}|~{1,2}|[-+*_]+ *|\d{1,9}(?:[.)] *)?|>)?$/;
const blocks = {
  fence: /^ *(?:`{3,}|~{3,})/,
  rule: /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/,
  heading: /^ {0,3}#{1,6} +/,
  bullet: /^( *)[-+*] +/,
  number: /^( *)(\d{1,9}[.)]) +/,
  quote: /^ {0,3}> ?/,
};

/** A complete inline element at the start of a text. */
const inlines: readonly { readonly pattern: RegExp; readonly style: Style }[] = [
  { pattern: /^(`+)(?!`)(.+?)(?<!`)\1(?!`)/, style: "cyan" },
  { pattern: /^\*\*\*(?=[^\s*])(.+?)(?<=[^\s\\])\*\*\*(?!\*)/, style: ["bold", "italic"] },
  { pattern: /^\*\*(?=[^\s*])(.+?)(?<=[^\s\\])\*\*(?!\*)/, style: "bold" },
  { pattern: /^\*(?=[^\s*])([^*]+?)(?<=[^\s\\])\*(?!\*)/, style: "italic" },
];
const link = /^\[([^\]]+)\]\(([^)\s]+)\)/;
/** The start of an element that later text may complete. */
const openInline = /^(?:`|\*+(?:[^\s*]|$)|\[[^\]]*(?:$|\](?:$|\([^)\s]*$))|\\$)/;
const endsWithWord = /[\p{L}\p{N}]$/u;

export function createMarkdownWriter(terminal: Terminal): MarkdownWriter {
  const words = createWordWrap(terminal);
  let pending = "";
  let isLineStart = true;
  let lineStyle: Style = "none";
  /** Whether the line is inside a code fence. */
  let isCode = false;
  /** Whether the line is code or a row of a table, which are printed as they are. */
  let isVerbatim = false;
  /** Whether the text so far ends in a word. An asterisk there is a sign of its own, as in 5*3. */
  let isAfterWord = false;

  /** Prints the mark of a block. Returns false when more text is needed to decide. */
  const startLine = (line: string, isWhole: boolean): boolean => {
    if (!isWhole && (openMark.test(line) || blocks.fence.test(line))) return false;
    isLineStart = false;
    isAfterWord = false;
    lineStyle = "none";
    if (blocks.fence.test(line)) {
      isCode = !isCode;
      pending = pending.slice(line.length);
      words.writeUnwrapped(line, "dim");
      return true;
    }
    isVerbatim = isCode || line.startsWith("|");
    if (isVerbatim) return true;
    const take = (pattern: RegExp): RegExpExecArray | undefined => {
      const match = pattern.exec(line);
      if (match === null) return undefined;
      pending = pending.slice(match[0].length);
      return match;
    };
    if (blocks.rule.test(line)) {
      pending = pending.slice(line.length);
      words.writeUnwrapped("─".repeat(Math.min(terminal.columns - 1, maxRuleColumns)), "dim");
    } else if (take(blocks.heading)) {
      lineStyle = "bold";
    } else if (take(blocks.quote)) {
      words.writeUnwrapped("│ ", "dim");
      words.setIndent(2);
      lineStyle = "italic";
    } else {
      const item = take(blocks.bullet) ?? take(blocks.number);
      if (item === undefined) return true;
      const [, indent = "", mark = "•"] = item;
      words.writeUnwrapped(`${indent}${mark} `, "none");
      words.setIndent(indent.length + mark.length + 1);
    }
    return true;
  };

  /** Prints the first element of the line. Returns the number of characters; 0 when more text is needed. */
  const printElement = (line: string, isWhole: boolean): number => {
    if (isVerbatim) {
      words.writeUnwrapped(line, "none");
      return line.length;
    }
    const plain = /^[^`*[\\]+/.exec(line)?.[0];
    if (plain !== undefined) {
      words.write(plain, lineStyle);
      isAfterWord = endsWithWord.test(plain);
      return plain.length;
    }
    if (isAfterWord && line.startsWith("*")) {
      const [marks = ""] = /^\*+/.exec(line) ?? [];
      if (!isWhole && marks === line) return 0;
      isAfterWord = false;
      words.write(marks, lineStyle);
      return marks.length;
    }
    for (const { pattern, style } of inlines) {
      const match = pattern.exec(line);
      if (match === null) continue;
      // A further mark would change the meaning of the last one.
      if (!isWhole && match[0] === line) return 0;
      isAfterWord = false;
      words.write(match.at(-1) ?? "", style);
      return match[0].length;
    }
    const [matched = "", label = "", target = ""] = link.exec(line) ?? [];
    if (matched !== "") {
      words.write(label, "underline");
      if (label !== target) words.write(` (${target})`, "dim");
      return matched.length;
    }
    if (!isWhole && line.length < maxHeldChars && openInline.test(line)) return 0;
    if (/^\\[!-/:-@[-`{-~]/.test(line)) {
      words.write(line[1] ?? "", lineStyle);
      return 2;
    }
    const mark = /^(?:`+|\*+|.)/.exec(line)?.[0] ?? "";
    words.write(mark, lineStyle);
    return mark.length;
  };

  /** Prints what is decided, or at the end everything. */
  const print = (isEnd: boolean): void => {
    while (pending !== "") {
      const lineEnd = pending.indexOf("\n");
      const isWhole = lineEnd >= 0 || isEnd;
      const getLine = (): string => (lineEnd < 0 ? pending : pending.slice(0, pending.indexOf("\n")));
      if (isLineStart && !startLine(getLine(), isWhole)) return;
      for (let line = getLine(); line !== ""; line = getLine()) {
        const length = printElement(line, isWhole);
        if (length === 0) return;
        pending = pending.slice(length);
      }
      if (lineEnd < 0) return;
      pending = pending.slice(1);
      words.endLine();
      isLineStart = true;
    }
  };

  return {
    write(text) {
      pending += text.replaceAll("\r\n", "\n");
      print(false);
    },
    endLine() {
      print(true);
      if (words.isMidLine()) words.endLine();
      isLineStart = true;
      isCode = false;
    },
  };
}
