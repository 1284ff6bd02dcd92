/** Where agents work: the folder each has by default, and folders that none may have. */
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { isWithin } from "../within.ts";
import { agentPlaces } from "./references.ts";
import { at, type Report } from "./tree.ts";

interface WorkspaceChoice {
  /** Absolute; what the agent's settings say, else the defaults of all agents. */
  readonly configured: string | undefined;
  readonly agentId: string;
  readonly isDefault: boolean;
  readonly stateDir: string;
}

export function workspaceFolder({ configured, agentId, isDefault, stateDir }: WorkspaceChoice): string {
  return configured ?? join(stateDir, isDefault ? "workspace" : `workspace-${agentId.toLowerCase()}`);
}

interface OwnPaths {
  readonly file: string;
  readonly stateDir: string;
}

/** An agent that could write the configuration or the state of the gateway could give itself any right. */
export function checkWorkspaces(tree: unknown, { file, stateDir }: OwnPaths, report: Report): void {
  for (const place of [["agents", "defaults"], ...agentPlaces(tree).map(({ path }) => path)]) {
    const path = [...place, "workspace"];
    const folder = at(tree, ...path);
    if (typeof folder !== "string" || folder === "") continue;
    const real = realPath(folder);
    const state = realPath(stateDir);
    if (isWithin(real, state)) {
      report(path, `must not contain the state folder ${stateDir}; choose a folder beside it`);
    } else if (isWithin(state, real) && !isOwnFolder(relative(state, real))) {
      const allowed = `${join(stateDir, "workspace")} or ${join(stateDir, "workspace-<name>")}`;
      report(path, `must not lie in the state folder ${stateDir}, but for ${allowed}`);
    } else if (isWithin(real, realPath(file))) {
      report(path, `must not contain the configuration ${file}; choose a folder beside it`);
    }
  }
}

/** Where the workspaces of an existing installation are. */
function isOwnFolder(inState: string): boolean {
  return /^workspace(?:-.+)?$/.test(inState.split(sep)[0] ?? "");
}

/** Follows the links of as much of a path as can be followed. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}
