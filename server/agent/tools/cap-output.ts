/** Holds a tool's result to a size that a conversation can carry; what is cut is said. */
import type { Part, ToolOutput } from "../types.ts";

/** Characters of all texts of one result. */
const maxCharacters = 100_000;
const maxImages = 8;

export function capOutput(output: ToolOutput): ToolOutput {
  const characters = output.content.reduce(
    (sum, part) => sum + (part.type === "text" ? part.text.length : 0),
    0,
  );
  const images = output.content.filter(({ type }) => type === "image").length;
  if (characters <= maxCharacters && images <= maxImages) return output;
  let room = maxCharacters;
  let imagesLeft = maxImages;
  const content: Part[] = [];
  for (const part of output.content) {
    if (part.type === "image") {
      if (imagesLeft-- > 0) content.push(part);
      continue;
    }
    if (room > 0) content.push({ type: "text", text: cutText(part.text, room) });
    room -= part.text.length;
  }
  if (room < 0) content.push({ type: "text", text: `[cut: ${-room} more characters were not kept]` });
  if (imagesLeft < 0) content.push({ type: "text", text: `[cut: ${-imagesLeft} more images were not kept]` });
  return { ...output, content };
}

/** At most `room` characters, never half of one that takes two. */
export function cutText(text: string, room: number): string {
  if (text.length <= room) return text;
  const last = text.charCodeAt(room - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? room - 1 : room);
}
