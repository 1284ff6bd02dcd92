/** The tool `edit`: replaces text in a file. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { defineTool, textResult } from "./define-tool.ts";
import { pathAliases, pathInput, withAliases } from "./file-arguments.ts";
import { replaceText } from "./replace-text.ts";
import { encodeText, readText, replaceFile } from "./workspace-file.ts";
import type { GetWorkspace } from "./workspace.ts";

const aliases = new Map([
  ...pathAliases,
  ["old_string", "oldText"],
  ["new_string", "newText"],
  ["replace_all", "replaceAll"],
]);

const textInput = (): z.ZodString => z.string().max(1_000_000);

export function createEditTool(getWorkspace: GetWorkspace): Tool {
  const tool = defineTool({
    name: "edit",
    changesFiles: true,
    description:
      "Replaces text in a file. `oldText` must occur in the file exactly as you write it, including spaces and indentation, and only once: copy it from the output of `read`, with enough surrounding lines. For several places use `apply_patch` or `replaceAll`.",
    input: z.strictObject({
      path: pathInput("Path of the file"),
      oldText: textInput().min(1).describe("The text to replace, exactly as it is in the file."),
      newText: textInput().describe("The new text; empty removes the old text."),
      replaceAll: z.boolean().optional().describe("Replace every occurrence. Default: false."),
    }),
    run({ path, oldText, newText, replaceAll = false }, { credential, signal }) {
      const workspace = getWorkspace(credential);
      return workspace.runExclusive(signal, async () => {
        const target = await workspace.resolvePath(path);
        const { text, count, lines } = replaceText(await readText(target), {
          oldText,
          newText,
          replaceAll,
          displayPath: target.displayPath,
        });
        await replaceFile(target, encodeText(text, target), { signal });
        const lineNumbers = count > lines.length ? `${lines.join(", ")} …` : lines.join(", ");
        return textResult(
          count === 1
            ? `Edited ${target.displayPath}, line ${lineNumbers}.`
            : `Edited ${target.displayPath} in ${count} places, lines ${lineNumbers}.`,
        );
      });
    },
  });
  return withAliases(tool, aliases);
}
