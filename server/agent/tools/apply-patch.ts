/** `apply_patch`: changes in several files at once; where one of them does not fit, none is made. */
import { z } from "zod";
import type { Tool } from "../types.ts";
import { withAliases } from "./argument-aliases.ts";
import { defineTool, said } from "./define-tool.ts";
import { parsePatch } from "./patch-format.ts";
import { planPatch, type PlannedFile } from "./patch-plan.ts";
import { removeFile, replaceFile } from "./stored-file.ts";
import type { Workspace } from "./workspace.ts";

const description = `Changes several places of one or more files by a patch. Either all of it is done or, when a part does not fit, nothing. The patch looks like this:

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

Each hunk of an update begins with "@@", perhaps with a line of the file to look for first (a class, a function). Lines that stay begin with a blank, lines that go with "-", new lines with "+". Give about three lines that stay around each change, exactly as they are in the file, and hunks from the top of the file to its end. "*** End of File" after a hunk says that its lines are the last ones. "*** Move to" is optional.`;

export function createApplyPatchTool(workspace: Workspace): Tool {
  const tool = defineTool({
    name: "apply_patch",
    description,
    input: z.strictObject({
      input: z.string().min(1).max(1_000_000).describe("The patch, from *** Begin Patch to *** End Patch."),
    }),
    run: ({ input }) =>
      workspace.inTurn(async () => {
        const files = await plan(input, workspace);
        const done: string[] = [];
        // What is new comes first: when the disk is full, nothing has gone yet.
        for (const file of files.toSorted((a, b) => Number(!a.bytes) - Number(!b.bytes))) {
          done.push(await carryOut(file, done));
        }
        return said(done.length === 0 ? "Done; no file is different now." : ["Done:", ...done].join("\n"));
      }),
  });
  return withAliases(tool, new Map([["patch", "input"]]));
}

async function plan(input: string, workspace: Workspace): Promise<readonly PlannedFile[]> {
  try {
    return await planPatch(parsePatch(input), workspace);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nNothing was changed.`, { cause: error });
  }
}

/** Gives the line that says what was done. */
async function carryOut(
  { place, bytes, mode, existed }: PlannedFile,
  done: readonly string[],
): Promise<string> {
  try {
    if (bytes === undefined) await removeFile(place);
    else await replaceFile(place, bytes, mode);
  } catch (error) {
    const before = done.length === 0 ? "Nothing was changed." : `Done before that:\n${done.join("\n")}`;
    throw new Error(`${(error as Error).message}\n${before}`, { cause: error });
  }
  return `${bytes === undefined ? "D" : existed ? "M" : "A"} ${place.shown}`;
}
