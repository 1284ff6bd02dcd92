/** The tool `write`: creates a text file or replaces its whole content. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { defineTool, textResult } from "./define-tool.ts";
import { pathAliases, pathInput, withAliases } from "./file-arguments.ts";
import { encodeText, getReplaceableMode, replaceFile } from "./workspace-file.ts";
import type { GetWorkspace } from "./workspace.ts";

export function createWriteTool(getWorkspace: GetWorkspace): Tool {
  const tool = defineTool({
    name: "write",
    changesFiles: true,
    description:
      "Writes a whole text file and creates its missing parent folders. Earlier content of the file is lost: to change a part of it, use `edit` or `apply_patch`.",
    input: z.strictObject({
      path: pathInput("Path of the file"),
      content: z.string().max(10_485_760).describe("The whole text."),
    }),
    run({ path, content }, { credential, signal }) {
      const workspace = getWorkspace(credential);
      return workspace.runExclusive(signal, async () => {
        const target = await workspace.resolvePath(path);
        const bytes = encodeText(content, target);
        const isNew = (await getReplaceableMode(target)) === undefined;
        await replaceFile(target, bytes, { signal });
        return textResult(
          `Wrote ${bytes.length} bytes to ${target.displayPath}${isNew ? ", a new file" : ""}.`,
        );
      });
    },
  });
  return withAliases(tool, pathAliases);
}
