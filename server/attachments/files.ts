/** Documents as models are given them: the text of a file between marks, pages of a PDF as pictures where there is little. */
import { Buffer } from "node:buffer";
import type { ImagePart, Part } from "../agent/types.ts";
import type { Documents } from "../documents/documents.ts";
import { isHtml } from "../documents/html.ts";
import { safeName, type QuoteOutside } from "../documents/quote.ts";
import { textOf } from "../documents/text.ts";
import { unsupported, type Attachment, type AttachmentRules } from "./attachment.ts";
import type { TakePicture } from "./budget.ts";
import type { Source } from "./source.ts";

export interface FileParts {
  readonly rules: AttachmentRules["files"];
  readonly documents: Documents;
  readonly quote: QuoteOutside;
  readonly take: TakePicture;
  readonly signal: AbortSignal;
}

/** @param type what the bytes say */
export async function readFile(
  attachment: Attachment,
  source: Source,
  type: string | undefined,
  parts: FileParts,
): Promise<readonly Part[]> {
  if (type === "application/pdf") return readPdfFile(attachment, source, parts);
  const { rules, documents, quote, signal } = parts;
  const { maxChars } = rules;
  const text = textOf(source.bytes);
  if (text === undefined) {
    const found = type === undefined ? "" : ` but ${type}`;
    throw unsupported(attachment, `the bytes are not text in UTF-8, nor a PDF or an image${found}`);
  }
  const markdown = isHtml(text, source.mediaType)
    ? await documents.html({ html: text, format: "markdown", maxChars }, signal)
    : undefined;
  const what = nameOf(source) + (markdown === undefined ? "" : " (HTML as Markdown)");
  return [{ type: "text", text: quote({ what, text: markdown ?? text, maxChars }) }];
}

async function readPdfFile(
  attachment: Attachment,
  source: Source,
  { rules, documents, quote, take, signal }: FileParts,
): Promise<readonly Part[]> {
  const content = await documents.pdf({ bytes: source.bytes, ...rules.pdf }, signal);
  if ("refused" in content) throw unsupported(attachment, content.refused);
  const { pages, texts, pictures } = content;
  const read = texts.length < pages ? `the first ${texts.length} of ${pages} pages` : `${pages} pages`;
  const shown = pictures.length > 0 ? ", shown as pictures after it" : "";
  const text = texts.map((page, index) => `[page ${index + 1}]\n${page}`).join("\n\n");
  const what = `${nameOf(source)} (PDF, ${read}${shown})`;
  return [
    { type: "text", text: quote({ what, text, maxChars: rules.maxChars }) },
    ...pictures.map((picture): ImagePart => {
      take(attachment, picture.length);
      return { type: "image", mediaType: "image/jpeg", data: Buffer.from(picture).toString("base64") };
    }),
  ];
}

function nameOf({ filename }: Source): string {
  const name = safeName(filename ?? "");
  return name === "" ? "file" : `file "${name}"`;
}
