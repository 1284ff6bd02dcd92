/** `edit`: one piece of text in a file becomes another. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { withAliases } from "./argument-aliases.ts";
import { defineTool, said } from "./define-tool.ts";
import { pathAliases, pathInput } from "./path-input.ts";
import { replaceText } from "./replace-text.ts";
import { bytesOf, readText, replaceFile } from "./stored-file.ts";
import type { Workspace } from "./workspace.ts";

const aliases = new Map([
  ...pathAliases,
  ["old_string", "oldText"],
  ["new_string", "newText"],
  ["replace_all", "replaceAll"],
]);

const piece = (): z.ZodString => z.string().max(1_000_000);

export function createEditTool(workspace: Workspace): Tool {
  const tool = defineTool({
    name: "edit",
    description:
      "Replaces a piece of text in a file. `oldText` has to be in the file exactly as you write it, blanks and indentation included, and only once: copy it from what `read` gave you, with enough of the lines around it. For several places use `apply_patch` or `replaceAll`.",
    input: z.strictObject({
      path: pathInput("Path of the file"),
      oldText: piece().min(1).describe("The text that is to go, exactly as it is in the file."),
      newText: piece().describe("The text that takes its place; empty to remove it."),
      replaceAll: z.boolean().optional().describe("Replace it wherever it is. Default: false."),
    }),
    run: ({ path, oldText, newText, replaceAll = false }) =>
      workspace.inTurn(async () => {
        const place = await workspace.locate(path);
        const { text, places, lines } = replaceText(await readText(place), {
          oldText,
          newText,
          replaceAll,
          shown: place.shown,
        });
        await replaceFile(place, bytesOf(text, place));
        const where = places > lines.length ? `${lines.join(", ")} …` : lines.join(", ");
        return said(
          places === 1
            ? `Edited ${place.shown}, line ${where}.`
            : `Edited ${place.shown} in ${places} places, lines ${where}.`,
        );
      }),
  });
  return withAliases(tool, aliases);
}
