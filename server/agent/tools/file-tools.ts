/** The file tools of an agent, over the workspace of each caller. */
import type { Tool } from "../types.ts";
import { createApplyPatchTool } from "./apply-patch.ts";
import { createEditTool } from "./edit.ts";
import { createReadTool } from "./read.ts";
import type { GetWorkspace } from "./workspace.ts";
import { createWriteTool } from "./write.ts";

export function createFileTools(getWorkspace: GetWorkspace): readonly Tool[] {
  return [
    createReadTool(getWorkspace),
    createWriteTool(getWorkspace),
    createEditTool(getWorkspace),
    createApplyPatchTool(getWorkspace),
  ];
}
