/** Limits the size of a tool result. A note in the result says how much was removed. */
import { truncateText } from "../../lib/truncate-text.ts";
import type { Part, ToolOutput } from "../types.ts";

/** Limit for all texts of one result together. */
const maxCharacters = 100_000;
const maxImages = 8;

export function capOutput(output: ToolOutput): ToolOutput {
  const characters = output.content.reduce(
    (sum, part) => sum + (part.type === "text" ? part.text.length : 0),
    0,
  );
  const images = output.content.filter(({ type }) => type === "image").length;
  if (characters <= maxCharacters && images <= maxImages) return output;
  let remaining = maxCharacters;
  let imagesLeft = maxImages;
  const content: Part[] = [];
  for (const part of output.content) {
    if (part.type === "image") {
      if (imagesLeft-- > 0) content.push(part);
      continue;
    }
    if (remaining > 0) content.push({ type: "text", text: truncateText(part.text, remaining) });
    remaining -= part.text.length;
  }
  if (remaining < 0)
    content.push({ type: "text", text: `[cut: ${-remaining} more characters were not kept]` });
  if (imagesLeft < 0) content.push({ type: "text", text: `[cut: ${-imagesLeft} more images were not kept]` });
  return { ...output, content };
}
