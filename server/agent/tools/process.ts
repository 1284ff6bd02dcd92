/** The tool `process`: reads and controls background commands. */
import { z } from "zod";
import type { BackgroundCommands, BackgroundCommand } from "../exec/background-commands.ts";
import { waitForEnd } from "../exec/command.ts";
import { toCommandDetails, describeEnd, formatOutput } from "../exec/command-report.ts";
import type { Tool, ToolOutput } from "../types.ts";
import { defineTool, errorResult, textResult } from "./define-tool.ts";
import { splitLines, formatLineRange, maxLines } from "./line-window.ts";

const defaultLines = 200;
const defaultWaitMs = 10_000;
/** Limit of input that the command has not read yet. */
const maxPendingInput = 1_048_576;

const input = z.strictObject({
  action: z
    .enum(["list", "poll", "log", "write", "kill", "remove"])
    .describe(
      "`list`: your commands. `poll`: output since the last poll; waits up to `waitMs` for the command to end. `log`: lines of all output. `write`: sends input. `kill`: ends the command and every process it has started. `remove`: ends the command if it runs and removes it from the list.",
    ),
  sessionId: z
    .string()
    .max(128)
    .optional()
    .describe("From `exec` or `list`. Required for every action except `list`."),
  waitMs: z.int().min(0).max(120_000).optional().describe(`For \`poll\`. Default: ${defaultWaitMs}.`),
  offset: z.int().min(1).optional().describe("For `log`: first line, from 1. Default: the last lines."),
  limit: z.int().min(1).max(maxLines).optional().describe(`For \`log\`: lines. Default: ${defaultLines}.`),
  data: z.string().max(maxPendingInput).optional().describe('For `write`, for instance "yes\\n".'),
  eof: z.boolean().optional().describe("For `write`: true ends the input."),
});

/** Resolves to the name of the other node that has the command of this agent and credential. */
export type FindCommandNode = (
  owner: { readonly agentId: string; readonly credential: string },
  sessionId: string,
) => Promise<string | undefined>;

type Input = z.output<typeof input>;

export function createProcessTool(background: BackgroundCommands, findNode: FindCommandNode): Tool {
  const tool = defineTool({
    name: "process",
    description:
      "Controls the commands that `exec` runs in the background: reads their output, sends input, ends them. Ended commands are kept for 30 minutes.",
    input,
    async run(args, context) {
      const { action, sessionId } = args;
      if (action === "list") return list(background.list(context));
      if (sessionId === undefined) return errorResult(`${action} needs the sessionId of a command.`);
      const one = background.find(context, sessionId);
      if (one === undefined) {
        const node = await findNode(context, sessionId);
        if (node !== undefined) {
          return errorResult(
            `The command ${JSON.stringify(sessionId)} runs on another node, ${node}, and only that one can control it. Ask again: another request may reach it.`,
          );
        }
        return errorResult(
          `There is no command ${JSON.stringify(sessionId)}. \`list\` shows the existing ones.`,
        );
      }
      switch (action) {
        case "poll":
          return poll(one, args.waitMs ?? defaultWaitMs, context.signal);
        case "log":
          return log(one, args);
        case "write":
          return write(one, args);
        case "kill":
          return kill(one);
        case "remove":
          background.remove(one);
          return kill(one);
      }
    },
  });
  return { ...tool, isRepeatable: true };
}

function list(commands: readonly BackgroundCommand[]): ToolOutput {
  const lines = commands.map((one) => `${one.id}  ${describeState(one)}  ${truncateCommand(one.text)}`);
  const summaries = commands.map((one) => ({ ...toDetails(one), command: one.text }));
  return textResult(lines.length === 0 ? "There are no background commands." : lines.join("\n"), {
    commands: summaries,
  });
}

async function poll(one: BackgroundCommand, waitMs: number, signal: AbortSignal): Promise<ToolOutput> {
  await waitForEnd(one.command, waitMs, signal);
  const { output, getEnd } = one.command;
  const to = getEnd() === undefined ? output.countComplete() : output.countTotal();
  const newOutput = output.read(one.polledBytes, to);
  one.polledBytes = to;
  return textResult(
    `${newOutput === "" ? "(no new output)" : formatOutput(newOutput)}\n\n(${describeState(one)})`,
    {
      ...toDetails(one),
      output: newOutput,
    },
  );
}

function log(one: BackgroundCommand, { offset, limit = defaultLines }: Input): ToolOutput {
  const output = one.command.output.read();
  const lines = splitLines(output);
  const from = offset ?? Math.max(1, lines.length - limit + 1);
  const text = lines.length === 0 ? "(no output)" : formatLineRange(lines, { offset: from, limit });
  return textResult(`${text}\n\n(${describeState(one)})`, { ...toDetails(one), lines: lines.length, output });
}

function write(one: BackgroundCommand, { data = "", eof = false }: Input): ToolOutput {
  const { input, getEnd } = one.command;
  const end = getEnd();
  if (end !== undefined) return errorResult(`The command has ended: ${describeEnd(end)}.`);
  if (input === undefined) {
    return errorResult("The command reads no input. Only commands started with `background: true` do.");
  }
  if (!input.writable) return errorResult("The input of the command is closed.");
  if (input.writableLength + data.length > maxPendingInput) {
    return errorResult("The command has not read its earlier input yet. Nothing was written.");
  }
  input.write(data);
  if (eof) input.end();
  return textResult(
    `Written: ${Buffer.byteLength(data)} bytes${eof ? ", and the end of the input" : ""}.`,
    toDetails(one),
  );
}

async function kill(one: BackgroundCommand): Promise<ToolOutput> {
  one.command.stop("killed");
  const end = await one.command.ended;
  return textResult(`The command has ended: ${describeEnd(end)}.`, toDetails(one));
}

function toDetails(one: BackgroundCommand): Readonly<Record<string, unknown>> {
  return { sessionId: one.id, ...toCommandDetails(one.command) };
}

function describeState({ command }: BackgroundCommand): string {
  const end = command.getEnd();
  return end === undefined ? "running" : `ended: ${describeEnd(end)}`;
}

function truncateCommand(command: string): string {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}
