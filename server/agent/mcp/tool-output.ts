/** Converts an MCP tool result. Text and images are kept; other content is replaced by a one-line description. */
import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { isImageType, detectMediaType } from "../../documents/detect-type.ts";
import type { Part, ToolOutput } from "../types.ts";

export async function toToolOutput(result: CallToolResult): Promise<ToolOutput> {
  const { structuredContent, isError = false } = result;
  const content = await Promise.all(result.content.map(toPart));
  if (content.length === 0) {
    const json = structuredContent === undefined ? "(no output)" : JSON.stringify(structuredContent);
    content.push({ type: "text", text: json });
  }
  return { content, isError, details: toDetails(structuredContent) };
}

function toDetails(structured: unknown): ToolOutput["details"] {
  if (structured === undefined) return undefined;
  const isRecord = typeof structured === "object" && structured !== null && !Array.isArray(structured);
  return isRecord ? (structured as Record<string, unknown>) : { structuredContent: structured };
}

async function toPart(block: ContentBlock): Promise<Part> {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "image":
      return toImagePart(block.data, block.mimeType);
    case "audio":
      return toNotePart(`audio, ${block.mimeType}: not shown`);
    case "resource_link":
      return toNotePart(`link to ${block.title ?? block.name}: ${block.uri}`);
    case "resource": {
      const { resource } = block;
      if ("text" in resource) return { type: "text", text: resource.text };
      return toNotePart(`file ${resource.uri}, ${resource.mimeType ?? "of unknown type"}: not shown`);
    }
  }
}

/** Detects the type from the bytes. Providers reject the whole conversation if an image has the wrong type. */
async function toImagePart(data: string, claimedType: string): Promise<Part> {
  const bytes = Buffer.from(data, "base64");
  const mediaType = await detectMediaType(bytes);
  if (!isImageType(mediaType)) return toNotePart(`image, ${claimedType}: not shown`);
  return { type: "image", mediaType, data: bytes.toString("base64") };
}

const toNotePart = (note: string): Part => ({ type: "text", text: `[${note}]` });
