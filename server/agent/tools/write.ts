/** `write`: a file as a whole, new or in place of what was there. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { withAliases } from "./argument-aliases.ts";
import { defineTool, said } from "./define-tool.ts";
import { pathAliases, pathInput } from "./path-input.ts";
import { bytesOf, checkReplaceable, replaceFile } from "./stored-file.ts";
import type { Workspace } from "./workspace.ts";

export function createWriteTool(workspace: Workspace): Tool {
  const tool = defineTool({
    name: "write",
    description:
      "Writes a text file as a whole, and makes the folders above it. What the file held before is lost: to change a part of it, use `edit` or `apply_patch`.",
    input: z.strictObject({
      path: pathInput("Path of the file"),
      content: z.string().max(10_485_760).describe("All of its text."),
    }),
    run: ({ path, content }) =>
      workspace.inTurn(async () => {
        const place = await workspace.locate(path);
        const bytes = bytesOf(content, place);
        const isNew = (await checkReplaceable(place)) === undefined;
        await replaceFile(place, bytes);
        return said(`Wrote ${bytes.length} bytes to ${place.shown}${isNew ? ", a new file" : ""}.`);
      }),
  });
  return withAliases(tool, pathAliases);
}
