/** The tools `exec` and `process` of all agents, and the end of their commands when the gateway stops. */
import { createExecTool } from "../tools/exec.ts";
import { createProcessTool } from "../tools/process.ts";
import type { Workspace } from "../tools/workspace.ts";
import type { Clock, NewId, Tool, ToolContext } from "../types.ts";
import { createBackground } from "./background.ts";
import { createLauncher, type LauncherParts } from "./launcher.ts";

interface ExecParts extends LauncherParts {
  readonly clock: Clock;
  readonly newId: NewId;
}

interface AgentParts {
  readonly workspace: Workspace;
  /** May the agent use `process` here? Without it no command goes on in the background. */
  readonly mayUseProcess: (context: ToolContext) => boolean;
}

export interface Exec {
  /** `exec` and `process` of one agent. */
  tools(agent: AgentParts): readonly Tool[];
  /** Ends what a credential has in the background. */
  endOf(credential: string): void;
  /** Ends every command; none starts any more. */
  close(): Promise<void>;
}

export function createExec(parts: ExecParts): Exec {
  const { settings, clock, newId } = parts;
  const launcher = createLauncher(parts);
  const background = createBackground(clock, newId);
  return {
    tools: (agent) => [
      createExecTool({ settings, launcher, background, ...agent }),
      createProcessTool(background),
    ],
    endOf: background.endOf,
    close: () => launcher.close(),
  };
}
