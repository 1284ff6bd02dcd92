/** Runs the agent's own tools that one step asked for, side by side. A failure is a result that the model is told. */
import { capOutput } from "./tools/cap-output.ts";
import { failed } from "./tools/define-tool.ts";
import { orLeftBehind } from "./tools/left-behind.ts";
import { inWords } from "./tools/tool-failure.ts";
import type { Repetition } from "./repetition.ts";
import type { Log, Run, RunEvent, Tool, ToolCall, ToolContext, ToolOutput } from "./types.ts";

interface Work {
  readonly run: Run;
  /** What the model was offered of the agent's own. */
  readonly tools: readonly Tool[];
  readonly repetition: Repetition;
  /** Calls that may still be made in this run. */
  readonly callsLeft: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** More calls than these, which a model makes by mistake, would take the machine from all other runs. */
const sideBySide = 8;

/** All starts, then output as it comes, and the results in the order of the calls. */
export async function* runTools(work: Work, calls: readonly ToolCall[]): AsyncGenerator<RunEvent> {
  for (const call of calls) yield { type: "tool_start", call };
  const told: RunEvent[] = [];
  const outputs = new Map<ToolCall, ToolOutput>();
  let wake = (): void => {};
  const refusals = calls.map((call, index) =>
    index < work.callsLeft
      ? work.repetition.refuse(call)
      : "The limit of tool calls is reached. Answer with what you have.",
  );
  const start = async (call: ToolCall, refusal: string | undefined): Promise<void> => {
    const report = (text: string): void => {
      told.push({ type: "tool_output", callId: call.id, text });
      wake();
    };
    outputs.set(call, refusal === undefined ? await runTool(work, call, report) : failed(refusal));
    wake();
  };
  const left = calls.entries();
  const lane = async (): Promise<void> => {
    for (const [index, call] of left) await start(call, refusals[index]);
  };
  // Nothing rejects: what a tool throws is its result.
  for (let lanes = 0; lanes < sideBySide; lanes += 1) void lane();

  for (const call of calls) {
    let output: ToolOutput | undefined;
    do {
      // Much may have come while whoever listens was busy with something else.
      if (told.length === 0 && !outputs.has(call)) await new Promise<void>((resolve) => (wake = resolve));
      yield* told.splice(0);
    } while (told.length > 0 || (output = outputs.get(call)) === undefined);
    yield { type: "tool_result", callId: call.id, output };
  }
}

async function runTool(
  { run, tools, signal, log }: Work,
  call: ToolCall,
  report: ToolContext["report"],
): Promise<ToolOutput> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return failed(noSuchTool(call.name, tools));
  try {
    const args = parseArguments(call.arguments);
    const issues = tool.check(args);
    if (issues.length > 0) return failed(badArguments(call.name, issues));
    const { id: runId, agent, credential, sessionKey } = run;
    const surface = "run" as const;
    const context = { runId, agentId: agent.id, credential, sessionKey, surface, signal, report };
    return capOutput(await orLeftBehind(tool.run(args, context), signal));
  } catch (error) {
    if (inWords(error)) return failed(error.message);
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error("a tool failed", { requestId: run.requestId, runId: run.id, tool: tool.name, cause });
    return failed("The tool failed, and not by what it was asked. Try another way.");
  }
}

function parseArguments(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new Error(`The arguments are not valid JSON (${(error as Error).message}). Send one JSON object.`, {
      cause: error,
    });
  }
}

function badArguments(tool: string, issues: ReturnType<Tool["check"]>): string {
  const lines = issues.map(
    ({ path, message }) => `- ${path.length === 0 ? "arguments" : path.join(".")}: ${message}`,
  );
  return [`The arguments of ${tool} are wrong; nothing was done.`, ...lines].join("\n");
}

function noSuchTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((tool) => tool.name).join(", ");
  return `There is no tool "${name}". ${names === "" ? "There are none." : `The tools are: ${names}.`}`;
}
