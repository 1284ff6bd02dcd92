/** Runs the agent's own tools that one step called. A failure is a result that the model reads. */
import { setImmediate as nextTurnOfEventLoop } from "node:timers/promises";
import { capOutput } from "./tools/cap-output.ts";
import { errorResult } from "./tools/define-tool.ts";
import { waitWithGrace } from "../lib/abort.ts";
import { isToolMessage } from "./tools/tool-error.ts";
import { createChildContext, type TraceContext } from "../lib/trace-context.ts";
import type { ToolCallObservation } from "./run-observer.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { LoopDetector } from "./loop-detection.ts";
import type { Log } from "../lib/ports.ts";
import type { Run, RunEvent, Tool, ToolCall, ToolContext, ToolOutput } from "./types.ts";

interface ToolRunOptions {
  readonly run: Run;
  /** The agent's own tools that the model was offered. */
  readonly tools: readonly Tool[];
  readonly loopDetector: LoopDetector;
  /** Calls that may still be made in this run. */
  readonly remainingCallCount: number;
  readonly recorder: Pick<RunRecorder, "clock" | "recordToolCall">;
  readonly log: Log;
}

type ToolResultEvent = Extract<RunEvent, { type: "tool_result" }>;

interface ToolRunSink {
  emit(event: RunEvent): void;
  /** Takes the results in the order of the calls, one at a time. */
  handleResult(event: ToolResultEvent): Promise<void>;
}

/** A model that makes more calls than these by mistake must not take the machine from all other runs. */
const maxParallelCalls = 8;

/**
 * Emits all starts, then output as it comes, then the results in the order of the calls.
 * Once the run is aborted no further call begins; each call that has not begun gets a result that says so.
 */
export async function runTools(
  options: ToolRunOptions,
  calls: readonly ToolCall[],
  { emit, handleResult }: ToolRunSink,
): Promise<void> {
  for (const call of calls) emit({ type: "tool_start", call });
  const rejections = calls.map((call, index) =>
    index < options.remainingCallCount
      ? options.loopDetector.checkCall(call)
      : "The limit of tool calls is reached. Answer with what you have.",
  );
  const waitForFileChanges = createFileChangeQueue(options.tools);
  const startSpan = (): TraceContext | undefined =>
    options.run.trace && createChildContext(options.run.trace);
  const recordCall = (
    call: ToolCall,
    result: ToolOutput,
    timing: Pick<ToolCallObservation, "outcome" | "startedAt" | "trace">,
  ): ToolOutput => {
    const isKnown = options.tools.some(({ name }) => name === call.name);
    const tool = isKnown ? call.name : undefined;
    const getContent: ToolCallObservation["getContent"] = () => ({ arguments: call.arguments, result });
    options.recorder.recordToolCall({
      callId: call.id,
      tool,
      ...timing,
      ...(timing.trace !== undefined && { getContent }),
    });
    return result;
  };
  const reject = (call: ToolCall, message: string): ToolOutput =>
    recordCall(call, errorResult(message), {
      outcome: "rejected",
      startedAt: options.recorder.clock(),
      trace: startSpan(),
    });
  const runCall = async (call: ToolCall, rejection: string | undefined): Promise<ToolOutput> => {
    if (rejection !== undefined) return reject(call, rejection);
    const release = await waitForFileChanges(call);
    try {
      if (options.run.signal.aborted)
        return reject(call, "Not run: the run was aborted before this call began.");
      const startedAt = options.recorder.clock();
      const report = (text: string): void => emit({ type: "tool_output", callId: call.id, text });
      const trace = startSpan();
      const output = await runTool(options, call, { report, trace });
      return recordCall(call, output, { outcome: output.isError ? "error" : "ok", startedAt, trace });
    } finally {
      release();
    }
  };
  const outputs = calls.map(() => Promise.withResolvers<ToolOutput>());
  const remainingCalls = calls.entries();
  const runWorker = async (): Promise<void> => {
    for (const [index, call] of remainingCalls)
      outputs[index]?.resolve(await runCall(call, rejections[index]));
  };
  // Workers never reject: what a tool throws is its result.
  for (let workers = 0; workers < maxParallelCalls; workers += 1) void runWorker();

  for (const [index, { id: callId }] of calls.entries()) {
    const output = await outputs[index]?.promise;
    if (output !== undefined) await handleResult({ type: "tool_result", callId, output });
  }
}

/** Calls that change files wait for each other; between two of them the reader of a result has time to abort the run. */
function createFileChangeQueue(tools: readonly Tool[]): (call: ToolCall) => Promise<() => void> {
  const changing = new Set(tools.filter(({ changesFiles }) => changesFiles).map(({ name }) => name));
  let last: Promise<void> | undefined;
  return async ({ name }) => {
    if (!changing.has(name)) return () => {};
    const previous = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    if (previous !== undefined) {
      await previous;
      await nextTurnOfEventLoop();
    }
    return resolve;
  };
}

async function runTool(
  { run, tools, log }: ToolRunOptions,
  call: ToolCall,
  callContext: Pick<ToolContext, "report" | "trace">,
): Promise<ToolOutput> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return errorResult(formatUnknownTool(call.name, tools));
  try {
    const { args, issues } = readArguments(tool, call.arguments);
    if (issues.length > 0) return errorResult(formatArgumentIssues(call.name, issues));
    const { id: runId, agent, credential, sessionKey, signal } = run;
    const surface = "run" as const;
    const context = { runId, agentId: agent.id, credential, sessionKey, surface, signal, ...callContext };
    return capOutput(await waitWithGrace(tool.run(args, context), signal));
  } catch (error) {
    if (isToolMessage(error)) return errorResult(error.message);
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error("a tool failed", { requestId: run.requestId, runId: run.id, tool: tool.name, cause });
    return errorResult("The tool failed, and not by what it was asked. Try another way.");
  }
}

/** Models write null for an argument that they leave out, and wrap JSON in a JSON string. */
function readArguments(
  tool: Tool,
  text: string,
): { readonly args: unknown; readonly issues: ReturnType<Tool["check"]> } {
  const args = parseArguments(text);
  const issues = tool.check(args);
  if (issues.length === 0 || typeof args !== "object" || args === null) return { args, issues };
  const withoutNulls = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
  return tool.check(withoutNulls).length === 0 ? { args: withoutNulls, issues: [] } : { args, issues };
}

function parseArguments(text: string): unknown {
  try {
    const args: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return typeof args === "string" && args.trimStart().startsWith("{") ? JSON.parse(args) : args;
  } catch (error) {
    throw new Error(`The arguments are not valid JSON (${(error as Error).message}). Send one JSON object.`, {
      cause: error,
    });
  }
}

function formatArgumentIssues(tool: string, issues: ReturnType<Tool["check"]>): string {
  const lines = issues.map(
    ({ path, message }) => `- ${path.length === 0 ? "arguments" : path.join(".")}: ${message}`,
  );
  return [`The arguments of ${tool} are wrong; nothing was done.`, ...lines].join("\n");
}

function formatUnknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((tool) => tool.name).join(", ");
  return `There is no tool "${name}". ${names === "" ? "There are none." : `The tools are: ${names}.`}`;
}
