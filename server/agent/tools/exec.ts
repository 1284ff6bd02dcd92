/** `exec`: a shell command in the workspace, to its end or on into the background. */
import { stat } from "node:fs/promises";
import { z } from "zod";
import type { Config } from "../../../contracts/config/config.ts";
import { maxRunning, type Background } from "../exec/background.ts";
import { endWithin, type Command } from "../exec/command.ts";
import { environmentFault } from "../exec/environment.ts";
import type { Launcher } from "../exec/launcher.ts";
import { commandDetails, commandResult, shownOutput } from "../exec/report.ts";
import type { Tool, ToolContext, ToolOutput } from "../types.ts";
import { defineTool, failed, said } from "./define-tool.ts";
import { tellFaults } from "./file-fault.ts";
import type { Workspace } from "./workspace.ts";

interface ExecToolParts {
  readonly settings: Config["tools"]["exec"];
  readonly launcher: Launcher;
  readonly background: Background;
  readonly workspace: Workspace;
  readonly mayUseProcess: (context: ToolContext) => boolean;
}

/** No command runs longer, whatever its caller asks for. */
const maxSeconds = 1_800;

const input = z.strictObject({
  command: z.string().min(1).max(200_000).describe("The command, as one would type it into a shell."),
  workdir: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("Folder to run it in, counted from the workspace. Default: the workspace."),
  env: z
    .record(z.string().min(1).max(256), z.string().max(100_000))
    .optional()
    .describe("Further environment variables."),
  timeout: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe(`Seconds after which it is ended, ${maxSeconds} at most.`),
  background: z
    .boolean()
    .optional()
    .describe("True: do not wait for its end; `process` shows its output and gives it input."),
  yieldMs: z
    .int()
    .min(0)
    .max(600_000)
    .optional()
    .describe("Milliseconds to wait for its end before it goes on in the background."),
  action: z.literal("run").optional().describe("May be left out."),
});

type Input = z.output<typeof input>;

export function createExecTool(parts: ExecToolParts): Tool {
  const { settings } = parts;
  return defineTool({
    name: "exec",
    description: `Runs a shell command in the workspace and gives its output (standard output and error together) and its exit code. It cannot ask you anything: its input is empty. A command is ended after ${settings.timeoutSeconds} s unless \`timeout\` says otherwise. One that takes longer than ${settings.backgroundMs} ms goes on in the background where you may use \`process\`: you get a sessionId for it. Start servers with \`background\`. Whatever a command starts ends with it, so "&" and nohup do not help.`,
    input,
    run: (args, context) => run(args, context, parts),
  });
}

async function run(args: Input, context: ToolContext, parts: ExecToolParts): Promise<ToolOutput> {
  const { settings, launcher, background, workspace } = parts;
  const { signal, agentId } = context;
  const { command: text, env = {}, background: atOnce = false } = args;
  const mayMove = parts.mayUseProcess(context);
  const refusal =
    environmentFault(env) ?? (atOnce ? backgroundFault(mayMove, background, agentId) : undefined);
  if (refusal !== undefined) return failed(refusal);
  if (text.includes("\0")) return failed("A command cannot have a zero byte in it.");

  const folder = await findFolder(workspace, args.workdir);
  const root = await workspace.ready();
  signal.throwIfAborted();
  const longestMs = Math.min(args.timeout ?? maxSeconds, maxSeconds) * 1000;
  let watched = true;
  const command = await launcher.start({
    text,
    folder,
    workspace: root,
    env,
    takesInput: atOnce,
    timeoutMs: args.timeout === undefined && !atOnce ? settings.timeoutSeconds * 1000 : longestMs,
    onOutput: (output) => {
      if (watched) context.report(output);
    },
  });
  stopWith(signal, command);

  const patienceMs = atOnce ? 0 : (args.yieldMs ?? settings.backgroundMs);
  const early = mayMove ? await endWithin(command, patienceMs) : await command.ended;
  const moved = early === undefined ? background.add(context, text, command) : undefined;
  if (moved === undefined) {
    // Another call took the last place meanwhile.
    if (atOnce && early === undefined) command.stop("killed");
    const end = early ?? (await command.ended);
    watched = false;
    return commandResult(command, end);
  }
  watched = false;
  command.linger(longestMs);
  moved.polled = command.output.whole;
  const output = command.output.read(0, moved.polled);
  return said(
    `The command runs in the background; its sessionId is ${moved.id}. Use \`process\` to see what becomes of it.${output === "" ? "" : `\n\nOutput so far:\n${shownOutput(output)}`}`,
    { ...commandDetails(command), sessionId: moved.id, output },
  );
}

function backgroundFault(mayMove: boolean, background: Background, agentId: string): string | undefined {
  if (!mayMove) {
    return "Without the tool `process` nothing can run in the background. Run the command without `background`.";
  }
  if (background.hasRoom(agentId)) return undefined;
  return `${maxRunning} commands run in the background already. Kill one of them with \`process\` first.`;
}

/** The real path of the folder to start in. Throws, in words for a model, when it may not be used. */
async function findFolder(workspace: Workspace, workdir: string | undefined): Promise<string> {
  if (workdir === undefined) return workspace.ready();
  const { real, shown } = await workspace.locate(workdir);
  const found = await tellFaults(`workdir: ${shown}`, () => stat(real));
  if (!found.isDirectory()) throw new Error(`workdir: ${shown} is no folder.`);
  return real;
}

/** Also when it is in the background by then: a caller who leaves takes everything along. */
function stopWith(signal: AbortSignal, command: Command): void {
  const stop = (): void => command.stop("aborted");
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  void command.ended.then(() => signal.removeEventListener("abort", stop));
}
