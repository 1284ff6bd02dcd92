/** The workspace folder of each agent, and the folders that cannot be a workspace. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { isWithin } from "../lib/is-within.ts";
import { listAgentPaths } from "./agent-paths.ts";
import { getAt, type Report } from "./tree.ts";

interface WorkspaceOptions {
  /** Absolute path from the agent's settings, else from the defaults of all agents. */
  readonly configuredPath: string | undefined;
  readonly agentId: string;
  readonly isDefault: boolean;
  readonly stateDir: string;
}

export function resolveWorkspace({ configuredPath, agentId, isDefault, stateDir }: WorkspaceOptions): string {
  return configuredPath ?? join(stateDir, isDefault ? "workspace" : `workspace-${agentId.toLowerCase()}`);
}

interface ProtectedPaths {
  readonly file: string;
  readonly stateDir: string;
}

/** Rejects workspaces that reach the configuration or the state: an agent could grant itself any permission there. */
export function checkWorkspaces(tree: unknown, { file, stateDir }: ProtectedPaths, report: Report): void {
  for (const agentPath of [["agents", "defaults"], ...listAgentPaths(tree).map(({ path }) => path)]) {
    const path = [...agentPath, "workspace"];
    const folder = getAt(tree, ...path);
    if (typeof folder !== "string" || folder === "") continue;
    const realFolder = resolveRealPath(folder);
    const realStateDir = resolveRealPath(stateDir);
    if (isWithin(realFolder, realStateDir)) {
      report(path, `must not contain the state folder ${stateDir}; choose a folder beside it`);
    } else if (isWithin(realStateDir, realFolder) && !isWorkspaceFolder(relative(realStateDir, realFolder))) {
      const allowedFolders = `${join(stateDir, "workspace")} or ${join(stateDir, "workspace-<name>")}`;
      report(path, `must not be in the state folder ${stateDir}, except ${allowedFolders}`);
    } else if (isWithin(realFolder, resolveRealPath(file))) {
      report(path, `must not contain the configuration ${file}; choose a folder beside it`);
    }
  }
}

/** Whether the path is a workspace of an existing OpenClaw installation. */
function isWorkspaceFolder(relativePath: string): boolean {
  return /^workspace(?:-.+)?$/.test(relativePath.split(sep)[0] ?? "");
}

/** Resolves symbolic links in the part of the path that exists. */
function resolveRealPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(resolveRealPath(dirname(path)), basename(path));
  }
}
