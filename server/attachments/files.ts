/** Converts a file to parts for the model: its quoted text, and images of the pages of a PDF with little text. */
import { Buffer } from "node:buffer";
import type { ImagePart, Part } from "../agent/types.ts";
import type { Documents } from "../documents/documents.ts";
import { isHtml } from "../documents/html.ts";
import { sanitizeFileName, type QuoteUntrustedText } from "../documents/untrusted-text.ts";
import { decodeText } from "../documents/text.ts";
import {
  createUnsupportedError,
  requireAllowedType,
  type Attachment,
  type AttachmentRules,
} from "./attachment.ts";
import type { ChargeImage } from "./image-budget.ts";
import type { AttachmentContent } from "./attachment-source.ts";

export interface FileDeps {
  readonly rules: AttachmentRules["files"];
  /** Path of `rules` in the configuration. */
  readonly configPath: string;
  readonly documents: Documents;
  readonly quote: QuoteUntrustedText;
  readonly chargeImage: ChargeImage;
  readonly signal: AbortSignal;
}

/** @param type the media type that the bytes have */
export async function readFile(
  attachment: Attachment,
  source: AttachmentContent,
  type: string | undefined,
  deps: FileDeps,
): Promise<readonly Part[]> {
  const { rules, configPath, documents, quote, signal } = deps;
  const { maxChars, allowedMimes } = rules;
  if (type === "application/pdf") {
    requireAllowedType(attachment, type, { allowedMimes, configPath });
    return readPdfFile(attachment, source, deps);
  }
  const text = decodeText(source.bytes);
  if (text === undefined) {
    const detail = type === undefined ? "" : ` but ${type}`;
    throw createUnsupportedError(attachment, `the bytes are not UTF-8 text, a PDF or an image${detail}`);
  }
  const isPage = isHtml(text, source.mediaType);
  requireAllowedType(attachment, isPage ? "text/html" : getTextType(source), { allowedMimes, configPath });
  const markdown = isPage
    ? await documents.html({ html: text, format: "markdown", maxChars }, signal)
    : undefined;
  const description = describeFileName(source) + (markdown === undefined ? "" : " (HTML as Markdown)");
  return [{ type: "text", text: quote({ description, text: markdown ?? text, maxChars }) }];
}

/** The bytes of a text do not say of which type it is. */
function getTextType({ mediaType = "" }: AttachmentContent): string {
  const [type = ""] = mediaType.split(";");
  const name = type.trim().toLowerCase();
  return name === "" || name === "application/octet-stream" ? "text/plain" : name;
}

async function readPdfFile(
  attachment: Attachment,
  source: AttachmentContent,
  { rules, documents, quote, chargeImage, signal }: FileDeps,
): Promise<readonly Part[]> {
  const content = await documents.pdf({ bytes: source.bytes, ...rules.pdf }, signal);
  if ("rejected" in content) throw createUnsupportedError(attachment, content.rejected);
  const { pages, texts, images } = content;
  const pageSummary = texts.length < pages ? `the first ${texts.length} of ${pages} pages` : `${pages} pages`;
  const imageNote = images.length > 0 ? ", shown as images after it" : "";
  const text = texts.map((page, index) => `[page ${index + 1}]\n${page}`).join("\n\n");
  const description = `${describeFileName(source)} (PDF, ${pageSummary}${imageNote})`;
  return [
    { type: "text", text: quote({ description, text, maxChars: rules.maxChars }) },
    ...images.map((image): ImagePart => {
      chargeImage(attachment, image.length);
      return { type: "image", mediaType: "image/jpeg", data: Buffer.from(image).toString("base64") };
    }),
  ];
}

function describeFileName({ filename }: AttachmentContent): string {
  const name = sanitizeFileName(filename ?? "");
  return name === "" ? "file" : `file "${name}"`;
}
