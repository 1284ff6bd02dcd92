/** Converts an MCP tool result. Text and images are kept; other content is replaced by a one-line description. */
import { z } from "zod";
import { isImageType, detectMediaType } from "../../documents/detect-type.ts";
import { asObject, asObjects, asText } from "../models/untrusted-json.ts";
import type { Part, ToolOutput } from "../types.ts";

/** Any object: each field is checked where it is used. */
export const ToolResult = z.looseObject({
  content: z.unknown().optional(),
  structuredContent: z.unknown().optional(),
  /** The result of protocol version 2024-10-07. */
  toolResult: z.unknown().optional(),
  isError: z.unknown().optional(),
});
export type ToolResult = z.infer<typeof ToolResult>;

export async function toToolOutput(result: ToolResult): Promise<ToolOutput> {
  const structuredContent = result.structuredContent ?? result.toolResult ?? undefined;
  const content = await Promise.all(listBlocks(result.content).map(toPart));
  if (content.length === 0) {
    const json = structuredContent === undefined ? "(no output)" : JSON.stringify(structuredContent);
    content.push({ type: "text", text: json });
  }
  return { content, isError: result.isError === true, details: toDetails(structuredContent) };
}

/** Servers send a text, or one block, in place of the list. */
const listBlocks = (content: unknown): readonly unknown[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : asObjects(content);

function toDetails(structured: unknown): ToolOutput["details"] {
  if (structured === undefined) return undefined;
  const isRecord = typeof structured === "object" && structured !== null && !Array.isArray(structured);
  return isRecord ? (structured as Record<string, unknown>) : { structuredContent: structured };
}

/** The fields of all blocks. https://modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result */
interface WireBlock {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly mimeType?: unknown;
  readonly title?: unknown;
  readonly name?: unknown;
  readonly uri?: unknown;
  readonly resource?: unknown;
}

/** A block that cannot be read loses only itself. */
async function toPart(value: unknown): Promise<Part> {
  const block = asObject<WireBlock>(value) ?? {};
  const type = asText(block.type);
  switch (type) {
    case "text":
      return { type: "text", text: toText(block.text) };
    case "image":
      return toImagePart(asText(block.data), asText(block.mimeType));
    case "audio":
      return toNotePart(`audio, ${asText(block.mimeType)}: not shown`);
    case "resource_link":
      return toNotePart(`link to ${asText(block.title) || asText(block.name)}: ${asText(block.uri)}`);
    case "resource": {
      const resource = asObject<WireBlock>(block.resource) ?? {};
      if (typeof resource.text === "string") return { type: "text", text: resource.text };
      return toNotePart(
        `file ${asText(resource.uri)}, ${asText(resource.mimeType) || "of unknown type"}: not shown`,
      );
    }
    default:
      // A block of one text under another name, or JSON.
      if (typeof block.text === "string") return { type: "text", text: block.text };
      if (type === "json") return { type: "text", text: JSON.stringify(block) };
      return toNotePart(`${type.slice(0, maxTypeCharacters) || "content of unknown type"}: not shown`);
  }
}

const maxTypeCharacters = 64;

const toText = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);

/** Detects the type from the bytes. Providers reject the whole conversation if an image has the wrong type. */
async function toImagePart(data: string, claimedType: string): Promise<Part> {
  const bytes = Buffer.from(data, "base64");
  const mediaType = await detectMediaType(bytes);
  if (!isImageType(mediaType)) return toNotePart(`image, ${claimedType}: not shown`);
  return { type: "image", mediaType, data: bytes.toString("base64") };
}

const toNotePart = (note: string): Part => ({ type: "text", text: `[${note}]` });
