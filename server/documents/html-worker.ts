/** In a thread of its own: a page of the web as Markdown, or as its text alone. */
import { parentPort, workerData } from "node:worker_threads";
import { NodeHtmlMarkdown } from "node-html-markdown";
import type { HtmlInput } from "./html.ts";

/** What nobody reads, with all that is inside. */
const unread = ["script", "style", "svg", "noscript", "iframe", "template", "canvas", "object"];
/** The converter's time grows with the square of its input, so a long page goes through it in pieces. */
const pieceChars = 60_000;
const blockEnd = /<\/(?:p|h[1-6]|ul|ol|table|pre|blockquote|section|article)\s*>/gi;

const options = { ignore: unread.map((name) => name.toUpperCase()) };
const nothing = [/(?!)/g, ""] as const;
const plain = { ...options, globalEscape: nothing, lineStartEscape: nothing };
const plainParts = {
  a: {},
  code: {},
  "strong,b,em,i,del,s,strike": { postprocess: ({ content }: { readonly content: string }) => content },
  "h1,h2,h3,h4,h5,h6": { surroundingNewlines: 2 },
  "img,hr": { ignore: true },
};

const { html, format, maxChars } = workerData as HtmlInput;
const convert = (piece: string): string =>
  format === "markdown"
    ? NodeHtmlMarkdown.translate(piece, options)
    : NodeHtmlMarkdown.translate(piece, plain, plainParts);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
parentPort?.postMessage(read());

function read(): string {
  const parts: string[] = [];
  let length = 0;
  for (const piece of pieces(withoutUnread(html))) {
    if (length > maxChars) break;
    const part = convert(piece).trim();
    parts.push(part);
    length += part.length;
  }
  return parts.join("\n\n");
}

function withoutUnread(page: string): string {
  const elements = unread.map((name) => `<${name}\\b[^>]*>.*?</${name}\\s*>`).join("|");
  return page.replaceAll(new RegExp(`<!--.*?-->|${elements}`, "gis"), "");
}

/** Cut where a block ends; where none does, anywhere. */
function* pieces(page: string): Generator<string> {
  for (let start = 0; start < page.length;) {
    blockEnd.lastIndex = start + pieceChars;
    const found = blockEnd.exec(page);
    const end = Math.min(found === null ? page.length : blockEnd.lastIndex, start + 2 * pieceChars);
    yield page.slice(start, end);
    start = end;
  }
}
