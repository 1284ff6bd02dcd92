/** `process`: what becomes of commands in the background, and what can be done about them. */
import { z } from "zod";
import type { Background, BackgroundCommand } from "../exec/background.ts";
import { endWithin } from "../exec/command.ts";
import { commandDetails, outcome, shownOutput } from "../exec/report.ts";
import type { Tool, ToolOutput } from "../types.ts";
import { defineTool, failed, said } from "./define-tool.ts";
import { linesOf, lineWindow, maxLines } from "./line-window.ts";

const usualLines = 200;
const usualWaitMs = 10_000;
/** Input that the command has not read yet. */
const maxUnread = 1_048_576;

const input = z.strictObject({
  action: z
    .enum(["list", "poll", "log", "write", "kill", "remove"])
    .describe(
      "`list`: your commands. `poll`: output since the last poll; waits for the end of the command, up to `waitMs`. `log`: lines of all output. `write`: give it input. `kill`: end it and all it has started. `remove`: forget it, ended or not.",
    ),
  sessionId: z.string().max(128).optional().describe("From `exec` or `list`; all but `list` need it."),
  waitMs: z.int().min(0).max(120_000).optional().describe(`For \`poll\`. Default: ${usualWaitMs}.`),
  offset: z.int().min(1).optional().describe("For `log`: first line, from 1. Default: the last lines."),
  limit: z.int().min(1).max(maxLines).optional().describe(`For \`log\`: lines. Default: ${usualLines}.`),
  data: z.string().max(maxUnread).optional().describe('For `write`, for instance "yes\\n".'),
  eof: z.boolean().optional().describe("For `write`: true ends the input."),
});

type Input = z.output<typeof input>;

export function createProcessTool(background: Background): Tool {
  const tool = defineTool({
    name: "process",
    description:
      "Shows and steers the commands that `exec` has left running in the background: their output, their input, their end. Ended ones are kept for 30 minutes.",
    input,
    async run(args, context) {
      const { action, sessionId } = args;
      if (action === "list") return list(background.list(context));
      if (sessionId === undefined) return failed(`${action} needs the sessionId of a command.`);
      const one = background.find(context, sessionId);
      if (one === undefined) {
        return failed(`There is no command ${JSON.stringify(sessionId)}. \`list\` shows those there are.`);
      }
      switch (action) {
        case "poll":
          return poll(one, args.waitMs ?? usualWaitMs, context.signal);
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
  return { ...tool, mayRepeat: true };
}

function list(all: readonly BackgroundCommand[]): ToolOutput {
  const lines = all.map((one) => `${one.id}  ${state(one)}  ${shortened(one.text)}`);
  const commands = all.map((one) => ({ ...details(one), command: one.text }));
  return said(lines.length === 0 ? "No command is in the background." : lines.join("\n"), { commands });
}

async function poll(one: BackgroundCommand, waitMs: number, signal: AbortSignal): Promise<ToolOutput> {
  await endWithin(one.command, waitMs, signal);
  const { output, end } = one.command;
  const to = end === undefined ? output.whole : output.total;
  const news = output.read(one.polled, to);
  one.polled = to;
  return said(`${news === "" ? "(no new output)" : shownOutput(news)}\n\n(${state(one)})`, {
    ...details(one),
    output: news,
  });
}

function log(one: BackgroundCommand, { offset, limit = usualLines }: Input): ToolOutput {
  const output = one.command.output.read();
  const lines = linesOf(output);
  const from = offset ?? Math.max(1, lines.length - limit + 1);
  const shown = lines.length === 0 ? "(no output)" : lineWindow(lines, { offset: from, limit });
  return said(`${shown}\n\n(${state(one)})`, { ...details(one), lines: lines.length, output });
}

function write(one: BackgroundCommand, { data = "", eof = false }: Input): ToolOutput {
  const { input, end } = one.command;
  if (end !== undefined) return failed(`The command is over: ${outcome(end)}.`);
  if (input === undefined) {
    return failed("The command reads no input: only those started with `background: true` do.");
  }
  if (!input.writable) return failed("The input of the command is closed.");
  if (input.writableLength + data.length > maxUnread) {
    return failed("The command has not read what it was given so far. Nothing was written.");
  }
  input.write(data);
  if (eof) input.end();
  return said(
    `Written: ${Buffer.byteLength(data)} bytes${eof ? ", and the end of the input" : ""}.`,
    details(one),
  );
}

async function kill(one: BackgroundCommand): Promise<ToolOutput> {
  one.command.stop("killed");
  const end = await one.command.ended;
  return said(`The command is over: ${outcome(end)}.`, details(one));
}

function details(one: BackgroundCommand): Readonly<Record<string, unknown>> {
  return { sessionId: one.id, ...commandDetails(one.command) };
}

function state({ command }: BackgroundCommand): string {
  return command.end === undefined ? "running" : `ended: ${outcome(command.end)}`;
}

function shortened(command: string): string {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}
