/** The tool `read`: returns lines of a text file, an image, or the names in a folder. */
import { z } from "zod";
import { isImageType, detectMediaType } from "../../documents/detect-type.ts";
import type { Tool, ToolOutput } from "../types.ts";
import { defineTool, textResult } from "./define-tool.ts";
import { pathAliases, pathInput, withAliases } from "./file-arguments.ts";
import { formatLineRange, splitLines, maxLines } from "./line-window.ts";
import { readPath, decodeUtf8 } from "./workspace-file.ts";
import type { GetWorkspace } from "./workspace.ts";

const maxImageBytes = 5 * 1024 * 1024;

export function createReadTool(getWorkspace: GetWorkspace): Tool {
  const tool = defineTool({
    name: "read",
    description:
      "Reads a file or folder. A text file returns up to 2000 lines from `offset` on, without line numbers. If there are more lines, a note at the end says how to continue. Very long lines are truncated. An image (PNG, JPEG, GIF, WebP) returns the image. A folder returns its names; names of folders end with /.",
    input: z.strictObject({
      path: pathInput("Path of the file or folder"),
      offset: z.int().min(1).max(100_000_000).optional().describe("First line, from 1. Default: 1."),
      limit: z.int().min(1).max(maxLines).optional().describe("Maximum number of lines. Default: 2000."),
    }),
    async run({ path, offset = 1, limit = maxLines }, { credential }) {
      const target = await getWorkspace(credential).resolvePath(path);
      const contents = await readPath(target);
      if (contents.kind === "folder") {
        if (contents.names.length === 0) return textResult(`${target.displayPath} is an empty folder.`);
        return textResult(formatLineRange(contents.names, { offset, limit }));
      }
      const { bytes } = contents;
      const type = await detectMediaType(bytes);
      if (isImageType(type)) return toImageOutput(target.displayPath, type, bytes);
      const text = decodeUtf8(bytes)?.replace(/^\uFEFF/, "");
      if (text === undefined) {
        const kind = type === undefined ? "" : ` It is of the type ${type}.`;
        throw new Error(`${target.displayPath} is not UTF-8 text (${bytes.length} bytes).${kind}`);
      }
      if (text === "") return textResult(`${target.displayPath} is empty.`);
      return textResult(formatLineRange(splitLines(text), { offset, limit }));
    },
  });
  return withAliases(tool, pathAliases);
}

function toImageOutput(displayPath: string, mediaType: string, bytes: Buffer): ToolOutput {
  if (bytes.length > maxImageBytes) {
    throw new Error(
      `${displayPath} is an image of ${bytes.length} bytes; the limit is 5 MB. Make it smaller.`,
    );
  }
  return {
    content: [
      { type: "text", text: `${displayPath} (${mediaType}, ${bytes.length} bytes)` },
      { type: "image", mediaType, data: bytes.toString("base64") },
    ],
    isError: false,
  };
}
