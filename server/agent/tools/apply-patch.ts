/** The tool `apply_patch`: changes several files by one patch. Nothing is written when any part of it does not fit. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { defineTool, textResult } from "./define-tool.ts";
import { withAliases } from "./file-arguments.ts";
import { parsePatch } from "./patch-format.ts";
import { planPatch, type PlannedFile } from "./patch-plan.ts";
import { removeFile, replaceFile } from "./workspace-file.ts";
import type { GetWorkspace, Workspace } from "./workspace.ts";

const description = `Changes one or more files by a patch. If any part of the patch does not fit, nothing is changed. The patch looks like this:

*** Begin Patch
*** Add File: notes/new.txt
+every line of a new file begins with a plus
*** Update File: src/app.py
*** Move to: src/main.py
@@ def greet():
     name = "you"
-    print("Hi")
+    print("Hello", name)
     return name
*** Delete File: old.txt
*** End Patch

Each hunk of an update begins with "@@", optionally followed by a line of the file to search for first (a class, a function). Context lines begin with a space, removed lines with "-", added lines with "+". Include about three context lines around each change, exactly as they are in the file. Order the hunks from the top of the file to its end. "*** End of File" after a hunk means that its lines are the last of the file. "*** Move to" is optional.`;

export function createApplyPatchTool(getWorkspace: GetWorkspace): Tool {
  const tool = defineTool({
    name: "apply_patch",
    changesFiles: true,
    description,
    input: z.strictObject({
      input: z.string().min(1).max(1_000_000).describe("The patch, from *** Begin Patch to *** End Patch."),
    }),
    run({ input }, { credential, signal }) {
      const workspace = getWorkspace(credential);
      return workspace.runExclusive(signal, async () => {
        const plannedFiles = await planChanges(input, workspace);
        const changes: string[] = [];
        // Deletions come last: if the disk is full, no file has been deleted yet.
        for (const file of plannedFiles.toSorted((a, b) => Number(!a.bytes) - Number(!b.bytes))) {
          changes.push(await applyChange(file, changes, signal));
        }
        return textResult(changes.length === 0 ? "Done; no file changed." : ["Done:", ...changes].join("\n"));
      });
    },
  });
  return withAliases(tool, new Map([["patch", "input"]]));
}

async function planChanges(input: string, workspace: Workspace): Promise<readonly PlannedFile[]> {
  try {
    return await planPatch(parsePatch(input), workspace);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nNothing was changed.`, { cause: error });
  }
}

/** Returns a line that describes the change. `changes` are the lines of the changes before it. */
async function applyChange(
  { workspacePath, bytes, mode, existed }: PlannedFile,
  changes: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    if (bytes === undefined) await removeFile(workspacePath, signal);
    else await replaceFile(workspacePath, bytes, { signal, mode });
  } catch (error) {
    const summary =
      changes.length === 0 ? "Nothing was changed." : `Done before the failure:\n${changes.join("\n")}`;
    throw new Error(`${(error as Error).message}\n${summary}`, { cause: error });
  }
  return `${bytes === undefined ? "D" : existed ? "M" : "A"} ${workspacePath.displayPath}`;
}
