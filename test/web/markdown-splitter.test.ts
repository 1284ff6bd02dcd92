import { describe, expect, test } from "vitest";
import { createMarkdownSplitter } from "../../clients/web/src/lib/markdown-splitter.ts";

const document = [
  "# A title",
  "A paragraph\nof two lines.",
  "- a list\n\n- of two\n\n  with a paragraph",
  "```js\nconst code = 1;\n\nconst more = 2;\n```",
  "1. one\n\n2. two",
  "> a quote",
  "~~~\n\ncode\n\n~~~",
  "The end.\n\n",
].join("\n\n");

/** Splits the text as it arrives in pieces of this length. */
function split(text: string, length: number): readonly string[] {
  const splitMarkdown = createMarkdownSplitter();
  let ends: readonly number[] = [];
  for (let end = length; end < text.length + length; end += length)
    ({ ends } = splitMarkdown(text.slice(0, end)));
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

describe("a splitter of Markdown", () => {
  test("divides at the ends of blocks, never inside code or a list", () => {
    const blocks = split(document, 1).map((part) => part.trim());
    expect(blocks).toContain("```js\nconst code = 1;\n\nconst more = 2;\n```");
    expect(blocks).toContain("~~~\n\ncode\n\n~~~");
    expect(blocks).toContain("# A title");
  });

  test.each([1, 2, 3, 7, 20, 1_000])("loses nothing when %s characters come at a time", (length) => {
    const parts = split(document, length);
    expect(parts.join("")).toBe(document);
    for (const part of parts) expect((part.match(/^(```|~~~)/gm) ?? []).length % 2).toBe(0);
  });

  test("makes few parts of much text that comes at once, and one of each block that comes alone", () => {
    const text = "Ten words.\n\n".repeat(20_000);
    expect(split(text, text.length).length).toBeLessThan(text.length / 25_000);
    expect(split(text.slice(0, 1_200), 12).length).toBeGreaterThan(90);
  });

  test("begins again with a text that does not continue the one before", () => {
    const splitMarkdown = createMarkdownSplitter();
    splitMarkdown("one\n\ntwo\n\nthree");
    expect(splitMarkdown("```\n\nother")).toEqual({ ends: [], version: 1 });
  });
});
