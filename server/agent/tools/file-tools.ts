/** The file tools of an agent, over its workspace. */
import type { Tool } from "../types.ts";
import { createApplyPatchTool } from "./apply-patch.ts";
import { createEditTool } from "./edit.ts";
import { createReadTool } from "./read.ts";
import type { Workspace } from "./workspace.ts";
import { createWriteTool } from "./write.ts";

export function createFileTools(workspace: Workspace): readonly Tool[] {
  return [
    createReadTool(workspace),
    createWriteTool(workspace),
    createEditTool(workspace),
    createApplyPatchTool(workspace),
  ];
}
