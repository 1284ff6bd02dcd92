/** Worker thread: converts a web page to Markdown or plain text. */
import { parentPort, workerData } from "node:worker_threads";
import { NodeHtmlMarkdown } from "node-html-markdown";
import type { HtmlInput } from "./html.ts";

/** Elements without readable content. */
const ignoredElements = ["script", "style", "svg", "noscript", "iframe", "template", "canvas", "object"];
/** The converter's time is quadratic in its input, so a long page is converted in chunks. */
const chunkChars = 60_000;
const blockEnd = /<\/(?:p|h[1-6]|ul|ol|table|pre|blockquote|section|article)\s*>/gi;

const options = { ignore: ignoredElements.map((name) => name.toUpperCase()) };
const noEscape = [/(?!)/g, ""] as const;
const plainTextOptions = { ...options, globalEscape: noEscape, lineStartEscape: noEscape };
const plainTextTranslators = {
  a: {},
  code: {},
  "strong,b,em,i,del,s,strike": { postprocess: ({ content }: { readonly content: string }) => content },
  "h1,h2,h3,h4,h5,h6": { surroundingNewlines: 2 },
  "img,hr": { ignore: true },
};

const { html, format, maxChars } = workerData as HtmlInput;
const convert = (chunk: string): string =>
  format === "markdown"
    ? NodeHtmlMarkdown.translate(chunk, options)
    : NodeHtmlMarkdown.translate(chunk, plainTextOptions, plainTextTranslators);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
parentPort?.postMessage(convertPage());

function convertPage(): string {
  const parts: string[] = [];
  let length = 0;
  for (const chunk of splitIntoChunks(removeIgnoredElements(html))) {
    if (length > maxChars) break;
    const text = convert(chunk).trim();
    parts.push(text);
    length += text.length;
  }
  return parts.join("\n\n");
}

/** Removes comments and ignored elements. An element without an end stays. The time is linear in the length of the page. */
function removeIgnoredElements(page: string): string {
  const opening = new RegExp(`<(!--|(?:${ignoredElements.join("|")})\\b)`, "gi");
  /** Elements that have no end after this point: looking for it again would make the time quadratic. */
  const unclosed = new Set<string>();
  const parts: string[] = [];
  let start = 0;
  for (let match = opening.exec(page); match !== null; match = opening.exec(page)) {
    const name = match[1]?.toLowerCase() ?? "";
    if (unclosed.has(name)) continue;
    const closing = name === "!--" ? /-->/g : new RegExp(`</${name}\\s*>`, "gi");
    closing.lastIndex = opening.lastIndex;
    if (closing.exec(page) === null) {
      unclosed.add(name);
      continue;
    }
    parts.push(page.slice(start, match.index));
    start = closing.lastIndex;
    opening.lastIndex = start;
  }
  parts.push(page.slice(start));
  return parts.join("");
}

/** Splits at the end of a block if there is one. */
function* splitIntoChunks(page: string): Generator<string> {
  for (let start = 0; start < page.length;) {
    blockEnd.lastIndex = start + chunkChars;
    const match = blockEnd.exec(page);
    const end = Math.min(match === null ? page.length : blockEnd.lastIndex, start + 2 * chunkChars);
    yield page.slice(start, end);
    start = end;
  }
}
