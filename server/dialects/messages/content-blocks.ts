/** Converts the content blocks of a user message or a tool result to parts of a turn. */
import type { KnownBlock, MessagesBlock } from "../../../contracts/http/messages/content.ts";
import type { TextPart } from "../../agent/types.ts";
import type { Attachment } from "../../attachments/attachment.ts";
import { withCacheControl } from "./cache-control.ts";
import { GatewayError } from "../../lib/errors.ts";

export type UnresolvedPart = TextPart | Attachment;
type BlockOf<T extends KnownBlock["type"]> = Extract<KnownBlock, { type: T }>;
type ImageSource = BlockOf<"image">["source"];
type DocumentSource = BlockOf<"document">["source"];

/** The blocks that both a user message and a tool result may have. */
export type SharedBlock = BlockOf<"text" | "image" | "document" | "search_result">;

export const toParts = (block: SharedBlock, param: string): readonly UnresolvedPart[] =>
  withCacheControl(readBlock(block, param), block);

function readBlock(block: SharedBlock, param: string): readonly UnresolvedPart[] {
  switch (block.type) {
    case "text":
      return toTextParts(block.text);
    case "image":
      return [toImage(block.source, `${param}.source`)];
    case "document":
      return readDocument(block, `${param}.source`);
    case "search_result": {
      const texts = block.content.map(({ text }) => text);
      return toTextParts([block.title, block.source, ...texts].join("\n"));
    }
  }
}

export const toTextParts = (text: string): readonly TextPart[] =>
  text === "" ? [] : [{ type: "text", text }];

function toImage(source: ImageSource, param: string): Attachment {
  return { type: "attachment", kind: "image", source: readSource(source), param };
}

function readDocument(
  { source, title, context }: BlockOf<"document">,
  param: string,
): readonly UnresolvedPart[] {
  const heading = toTextParts([title ?? "", context ?? ""].filter((text) => text !== "").join("\n"));
  return [...heading, ...readDocumentSource(source, title ?? undefined, param)];
}

function readDocumentSource(
  source: DocumentSource,
  filename: string | undefined,
  param: string,
): readonly UnresolvedPart[] {
  if (source.type === "content") {
    const { content } = source;
    return typeof content === "string"
      ? toTextParts(content)
      : content.flatMap((block, index) => toParts(block, `${param}.content[${index}]`));
  }
  if (source.type !== "text")
    return [{ type: "attachment", kind: "file", source: readSource(source), filename, param }];
  const base64 = Buffer.from(source.data).toString("base64");
  return [{ type: "attachment", kind: "file", source: { base64, mediaType: "text/plain" }, filename, param }];
}

function readSource(source: ImageSource): Attachment["source"] {
  if (source.type === "url") return source.url;
  if (source.type === "base64") return { base64: source.data, mediaType: source.media_type };
  return { fileId: source.file_id };
}

/** Throws: content that nobody reads would be lost without a word. */
export function rejectBlock({ type }: Pick<MessagesBlock, "type">, param: string, expected: string): never {
  throw createUnsupportedError(param, `${type.slice(0, 64)} blocks are not accepted here; send ${expected}`);
}

export function createUnsupportedError(param: string, reason: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
}
