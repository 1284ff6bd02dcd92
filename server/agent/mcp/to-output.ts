/** The result of a server's tool in the words of a run: text and pictures stay, all else is described in a line. */
import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { isPicture, sniff } from "../../documents/sniff.ts";
import type { Part, ToolOutput } from "../types.ts";

export async function toOutput(result: CallToolResult): Promise<ToolOutput> {
  const { structuredContent, isError = false } = result;
  const content = await Promise.all(result.content.map(toPart));
  if (content.length === 0) {
    const json = structuredContent === undefined ? "(no output)" : JSON.stringify(structuredContent);
    content.push({ type: "text", text: json });
  }
  return { content, isError, details: detailsOf(structuredContent) };
}

function detailsOf(structured: unknown): ToolOutput["details"] {
  if (structured === undefined) return undefined;
  const isRecord = typeof structured === "object" && structured !== null && !Array.isArray(structured);
  return isRecord ? (structured as Record<string, unknown>) : { structuredContent: structured };
}

async function toPart(block: ContentBlock): Promise<Part> {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "image":
      return picture(block.data, block.mimeType);
    case "audio":
      return described(`audio, ${block.mimeType}: not shown`);
    case "resource_link":
      return described(`link to ${block.title ?? block.name}: ${block.uri}`);
    case "resource": {
      const { resource } = block;
      if ("text" in resource) return { type: "text", text: resource.text };
      return described(`file ${resource.uri}, ${resource.mimeType ?? "of unknown type"}: not shown`);
    }
  }
}

/** What its bytes are counts, not what the server calls them: a provider would refuse the whole conversation. */
async function picture(data: string, claimed: string): Promise<Part> {
  const bytes = Buffer.from(data, "base64");
  const mediaType = await sniff(bytes);
  if (!isPicture(mediaType)) return described(`image, ${claimed}: not shown`);
  return { type: "image", mediaType, data: bytes.toString("base64") };
}

const described = (what: string): Part => ({ type: "text", text: `[${what}]` });
