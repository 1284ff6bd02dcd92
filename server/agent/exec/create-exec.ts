/** Creates the tools `exec` and `process` of all agents. Ends their commands when the gateway stops. */
import { createExecTool } from "../tools/exec.ts";
import { createProcessTool } from "../tools/process.ts";
import type { AgentSandbox } from "../agent-sandbox.ts";
import type { GetWorkspace } from "../tools/workspace.ts";
import { noBus, type NodeBus } from "../../lib/node-bus.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { Tool, ToolContext } from "../types.ts";
import { createBackgroundCommands } from "./background-commands.ts";
import { createFindCommandNode } from "./find-command-node.ts";
import { createLauncher, type ExecSettings, type LauncherDeps } from "./launcher.ts";

interface ExecDeps extends LauncherDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  /** This process among those that share the store. Absent: it is alone. */
  readonly nodes?: { readonly bus: NodeBus; readonly self: { readonly name: string } };
}

interface AgentExecDeps {
  readonly settings: ExecSettings["settings"];
  readonly getWorkspace: GetWorkspace;
  /** True if the tool `process` is allowed here. Without it commands never move to the background. */
  readonly canUseProcess: (context: ToolContext) => boolean;
  readonly sandbox: AgentSandbox | undefined;
}

export interface Exec {
  /** Returns `exec` and `process` for one agent. */
  createTools(agent: AgentExecDeps): readonly Tool[];
  /** Stops the background commands of a credential. */
  stopCommandsOf(credential: string): void;
  /** Commands that start from now on follow these settings, also those of runs that are at work. */
  configure(settings: ExecSettings): void;
  /** Ends every command. No command starts after this. */
  close(): Promise<void>;
}

export function createExec(deps: ExecDeps): Exec {
  const { clock, newId } = deps;
  const launcher = createLauncher(deps);
  const background = createBackgroundCommands(clock, newId);
  const findNode = createFindCommandNode(deps.nodes?.bus ?? noBus, deps.nodes?.self.name ?? "", background);
  return {
    createTools: (agent) => [
      createExecTool({ launcher, background, ...agent }),
      createProcessTool(background, findNode),
    ],
    stopCommandsOf: background.stopCommandsOf,
    configure: launcher.configure,
    close: () => launcher.close(),
  };
}
