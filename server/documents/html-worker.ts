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

function removeIgnoredElements(page: string): string {
  const elements = ignoredElements.map((name) => `<${name}\\b[^>]*>.*?</${name}\\s*>`).join("|");
  return page.replaceAll(new RegExp(`<!--.*?-->|${elements}`, "gis"), "");
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
