/** Markdown on a terminal: what is styled, what is left alone, and that it does not matter how the text arrives. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMarkdownWriter } from "../../cli/chat/markdown.ts";
import type { Style } from "../../cli/io.ts";

/** Renders with styles as tags: `<bold>text</>`. */
function render(chunks: readonly string[], { columns = 80, plain = false } = {}): string {
  let output = "";
  const style = (format: Style, text: string): string =>
    plain || format === "none" ? text : `<${[format].flat().join(" ")}>${text}</>`;
  const writer = createMarkdownWriter({
    columns,
    style,
    write: (text) => void (output += text),
    onResize() {},
  });
  for (const chunk of chunks) writer.write(chunk);
  writer.endLine();
  return output;
}

test.each([
  ["plain text", "plain text\n"],
  ["**bold** and *italic*", "<bold>bold</> and <italic>italic</>\n"],
  ["***both***", "<bold italic>both</>\n"],
  ["run `a*b*c` now", "run <cyan>a*b*c</> now\n"],
  ["``a`b``", "<cyan>a`b</>\n"],
  ["# Title\ntext", "<bold>Title</>\ntext\n"],
  ["- one\n* two\n  + three\n12. four", "• one\n• two\n  • three\n12. four\n"],
  ["> quote", "<dim>│ </><italic>quote</>\n"],
  ["[docs](https://example.com)", "<underline>docs</> <dim>(https://example.com)</>\n"],
  ["```ts\na **b**\n```\nc", "<dim>```ts</>\na **b**\n<dim>```</>\nc\n"],
  ["| a | **b** |\n|---|---|", "| a | **b** |\n|---|---|\n"],
  ["a\n\n\nb", "a\n\n\nb\n"],
  ["\\*not\\*", "*not*\n"],
  // What is no Markdown stays as it is.
  ["5*3 = 15 and 2*4 = 8", "5*3 = 15 and 2*4 = 8\n"],
  ["2 * 3 * 4", "2 * 3 * 4\n"],
  ["never **closed and `open", "never **closed and `open\n"],
  ["a [list] (of) things", "a [list] (of) things\n"],
  ["snake_case_name", "snake_case_name\n"],
  ["C:\\dir", "C:\\dir\n"],
])("%j is rendered", (markdown, expected) => {
  expect(render([markdown])).toBe(expected);
});

test("text is printed word by word, and held back only while its meaning is open", () => {
  let output = "";
  const writer = createMarkdownWriter({
    columns: 80,
    style: (_, text) => text,
    write: (text) => void (output += text),
    onResize() {},
  });
  const printed = ["Hello ", "wor", "ld, **im", "portant** ", "end"].map((chunk) => {
    writer.write(chunk);
    return output;
  });
  expect(printed).toEqual([
    "Hello ",
    "Hello ",
    "Hello world, ",
    "Hello world, important ",
    "Hello world, important ",
  ]);
  writer.endLine();
  expect(output).toBe("Hello world, important end\n");
});

test("lines wrap between words, and list items are indented", () => {
  expect(render(["one two three four"], { columns: 10 })).toBe("one two \nthree four\n");
  expect(render(["- one two three"], { columns: 10 })).toBe("• one two\n  three\n");
  expect(render(["日本語の文"], { columns: 6 })).toBe("日本語\nの文\n");
  expect(render(["```\nlonger than ten columns\n```"], { columns: 10, plain: true })).toBe(
    "```\nlonger than ten columns\n```\n",
  );
});

const markdown = fc
  .array(
    fc.constantFrom(
      "a",
      "b c",
      " ",
      "\n",
      "*",
      "**",
      "`",
      "```",
      "# ",
      "- ",
      "[",
      "](",
      ")",
      "\\",
      "> ",
      "1. ",
      "|",
      "日",
    ),
  )
  .map((parts) => parts.join(""));

/** Joins neighbours of the same style, and leaves out the spaces at the ends of lines. */
function normalize(text: string): string {
  const joined = text.replace(/<([a-z ]+)>([^<]*)<\/>( *)<\1>/, "<$1>$2$3");
  return joined === text ? text.replaceAll(/ +(<\/>)?$/gm, "$1") : normalize(joined);
}

test("the result does not depend on how the text arrives", () => {
  fc.assert(
    fc.property(markdown, fc.nat({ max: 4 }), (text, size) => {
      const chunks = text.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? [];
      expect(normalize(render(chunks, { columns: 20 }))).toBe(normalize(render([text], { columns: 20 })));
    }),
    { numRuns: 500 },
  );
});

test("no letter is lost", () => {
  const letters = (text: string): string => text.replaceAll(/[^abc日]/g, "");
  fc.assert(
    fc.property(markdown, (text) => {
      expect(letters(render([text], { plain: true }))).toBe(letters(text));
    }),
    { numRuns: 500 },
  );
});
