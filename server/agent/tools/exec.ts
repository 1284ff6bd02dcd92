/** The tool `exec`: runs a shell command in the workspace until it ends or moves to the background. */
import { stat } from "node:fs/promises";
import { z } from "zod";
import type { Config } from "../../../contracts/config/config.ts";
import { maxRunning, type BackgroundCommands } from "../exec/background-commands.ts";
import { waitForEnd, type Command } from "../exec/command.ts";
import type { AgentSandbox } from "../agent-sandbox.ts";
import { findEnvironmentError } from "../exec/environment.ts";
import type { Launcher } from "../exec/launcher.ts";
import { toCommandDetails, toCommandResult, formatOutput } from "../exec/command-report.ts";
import type { Tool, ToolContext, ToolOutput } from "../types.ts";
import { defineTool, errorResult, textResult } from "./define-tool.ts";
import { withFileErrors } from "./file-errors.ts";
import type { GetWorkspace, Workspace } from "./workspace.ts";

interface ExecToolDeps {
  readonly settings: Config["tools"]["exec"];
  readonly launcher: Launcher;
  readonly background: BackgroundCommands;
  readonly getWorkspace: GetWorkspace;
  readonly sandbox: AgentSandbox | undefined;
  readonly canUseProcess: (context: ToolContext) => boolean;
}

/** Upper limit of every command's timeout. */
const maxSeconds = 1_800;

const input = z.strictObject({
  command: z.string().min(1).max(200_000).describe("The command, as you would type it into a shell."),
  workdir: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("Folder to run it in, relative to the workspace. Default: the workspace."),
  env: z
    .record(z.string().min(1).max(256), z.string().max(100_000))
    .optional()
    .describe("Additional environment variables."),
  timeout: z.int().min(1).max(86_400).optional().describe(`Timeout in seconds, at most ${maxSeconds}.`),
  background: z
    .boolean()
    .optional()
    .describe("True: return at once. Use `process` to read its output and send input."),
  yieldMs: z
    .int()
    .min(0)
    .max(600_000)
    .optional()
    .describe("Milliseconds to wait before the command moves to the background."),
  action: z.literal("run").optional().describe("Optional."),
});

type Input = z.output<typeof input>;

export function createExecTool(deps: ExecToolDeps): Tool {
  const { settings } = deps;
  return defineTool({
    name: "exec",
    description: `Runs a shell command in the workspace and returns its output (standard output and error combined) and its exit code. Its standard input is empty. A command is ended after ${settings.timeoutSeconds} s unless you set \`timeout\`. If you can use \`process\`, a command that takes longer than ${settings.backgroundMs} ms moves to the background and you get its sessionId. Start servers with \`background\`. All processes of a command end with it, so "&" and nohup have no effect.`,
    input,
    run: (args, context) => run(args, context, deps),
  });
}

async function run(args: Input, context: ToolContext, deps: ExecToolDeps): Promise<ToolOutput> {
  const { settings, launcher, background, sandbox } = deps;
  const { signal, agentId, credential } = context;
  const workspace = deps.getWorkspace(credential);
  const { command: text, env = {}, background: startInBackground = false } = args;
  const canMoveToBackground = deps.canUseProcess(context);
  const inputError =
    findEnvironmentError(env) ??
    (startInBackground ? findBackgroundError(canMoveToBackground, background, agentId) : undefined);
  if (inputError !== undefined) return errorResult(inputError);
  if (text.includes("\0")) return errorResult("A command cannot contain a NUL byte.");

  // Without the workspace there is one empty folder.
  const folder = await findFolder(workspace, sandbox?.workspaceAccess === "none" ? undefined : args.workdir);
  const root = await workspace.resolveFolder();
  signal.throwIfAborted();
  const maxMs = Math.min(args.timeout ?? maxSeconds, maxSeconds) * 1000;
  let isReporting = true;
  const command = await launcher.start({
    text,
    folder,
    workspace: root,
    outerFolder: workspace.outerFolder,
    sandbox,
    env,
    hasInput: startInBackground,
    timeoutMs: args.timeout === undefined && !startInBackground ? settings.timeoutSeconds * 1000 : maxMs,
    onOutput: (output) => {
      if (isReporting) context.report(output);
    },
  });
  stopOnAbort(signal, command);

  const waitMs = startInBackground ? 0 : (args.yieldMs ?? settings.backgroundMs);
  const earlyEnd = canMoveToBackground ? await waitForEnd(command, waitMs) : await command.ended;
  const backgroundCommand = earlyEnd === undefined ? background.add(context, text, command) : undefined;
  if (backgroundCommand === undefined) {
    // A parallel call has taken the last background slot.
    if (startInBackground && earlyEnd === undefined) command.stop("killed");
    const end = earlyEnd ?? (await command.ended);
    isReporting = false;
    return toCommandResult(command, end);
  }
  isReporting = false;
  command.moveToBackground(maxMs);
  backgroundCommand.polledBytes = command.output.countComplete();
  const output = command.output.read(0, backgroundCommand.polledBytes);
  return textResult(
    `The command runs in the background; its sessionId is ${backgroundCommand.id}. Use \`process\` to follow it.${output === "" ? "" : `\n\nOutput so far:\n${formatOutput(output)}`}`,
    { ...toCommandDetails(command), sessionId: backgroundCommand.id, output },
  );
}

function findBackgroundError(
  canMoveToBackground: boolean,
  background: BackgroundCommands,
  agentId: string,
): string | undefined {
  if (!canMoveToBackground) {
    return "Without the tool `process` nothing can run in the background. Run the command without `background`.";
  }
  if (background.hasCapacity(agentId)) return undefined;
  return `${maxRunning} commands already run in the background. Kill one of them with \`process\` first.`;
}

/** Returns the real path of the working folder. Throws an error for the model when it is not allowed. */
async function findFolder(workspace: Workspace, workdir: string | undefined): Promise<string> {
  if (workdir === undefined) return workspace.resolveFolder();
  const { realPath, displayPath } = await workspace.resolvePath(workdir);
  const stats = await withFileErrors(`workdir: ${displayPath}`, () => stat(realPath));
  if (!stats.isDirectory()) throw new Error(`workdir: ${displayPath} is not a folder.`);
  return realPath;
}

/** Applies to background commands too: an aborted run ends all of its commands. */
function stopOnAbort(signal: AbortSignal, command: Command): void {
  const stop = (): void => command.stop("aborted");
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  void command.ended.then(() => signal.removeEventListener("abort", stop));
}
