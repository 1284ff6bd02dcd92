/** `read`: a text by its lines, a picture as one, a folder as its list. */
import { z } from "zod";
import { isPicture, sniff } from "../../documents/sniff.ts";
import type { Tool, ToolOutput } from "../types.ts";
import { withAliases } from "./argument-aliases.ts";
import { defineTool, said } from "./define-tool.ts";
import { lineWindow, linesOf, maxLines } from "./line-window.ts";
import { pathAliases, pathInput } from "./path-input.ts";
import { readPlace, textOf } from "./stored-file.ts";
import type { Workspace } from "./workspace.ts";

const maxImageBytes = 5 * 1024 * 1024;

export function createReadTool(workspace: Workspace): Tool {
  const tool = defineTool({
    name: "read",
    description:
      "Reads a file. Of a text you get up to 2000 lines from `offset` on, without line numbers; a note at the end says how to go on when there are more, and very long lines are cut. A picture (PNG, JPEG, GIF, WebP) is shown to you. Of a folder you get the names in it, folders with a / at their end.",
    input: z.strictObject({
      path: pathInput("Path of the file or folder"),
      offset: z.int().min(1).max(100_000_000).optional().describe("First line, from 1. Default: 1."),
      limit: z.int().min(1).max(maxLines).optional().describe("Most lines. Default: 2000."),
    }),
    async run({ path, offset = 1, limit = maxLines }) {
      const place = await workspace.locate(path);
      const stored = await readPlace(place);
      if (stored.kind === "folder") {
        if (stored.names.length === 0) return said(`${place.shown} is an empty folder.`);
        return said(lineWindow(stored.names, { offset, limit }));
      }
      const { bytes } = stored;
      const type = await sniff(bytes);
      if (isPicture(type)) return image(place.shown, type, bytes);
      const text = textOf(bytes)?.replace(/^\uFEFF/, "");
      if (text === undefined) {
        const kind = type === undefined ? "" : ` It is of the type ${type}.`;
        throw new Error(`${place.shown} is not a text in UTF-8 (${bytes.length} bytes).${kind}`);
      }
      if (text === "") return said(`${place.shown} is empty.`);
      return said(lineWindow(linesOf(text), { offset, limit }));
    },
  });
  return withAliases(tool, pathAliases);
}

function image(shown: string, mediaType: string, bytes: Buffer): ToolOutput {
  if (bytes.length > maxImageBytes) {
    throw new Error(
      `${shown} is a picture of ${bytes.length} bytes; only up to 5 MB can be shown. Make it smaller.`,
    );
  }
  return {
    content: [
      { type: "text", text: `${shown} (${mediaType}, ${bytes.length} bytes)` },
      { type: "image", mediaType, data: bytes.toString("base64") },
    ],
    isError: false,
  };
}
