/** Runs the agent's own tools that one step asked for, side by side. A failure is a result that the model is told. */
import type { Run, RunEvent, ToolCall, ToolOutput } from "./types.ts";

/** All starts, then the results in the order of the calls. */
export async function* runTools(
  run: Run,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  for (const call of calls) yield { type: "tool_start", call };
  const running = calls.map((call) => runTool(run, call, signal));
  for (const [index, call] of calls.entries()) {
    const output = await running[index];
    if (output !== undefined) yield { type: "tool_result", callId: call.id, output };
  }
}

async function runTool(run: Run, call: ToolCall, signal: AbortSignal): Promise<ToolOutput> {
  const tool = run.agent.tools.find(({ name }) => name === call.name);
  if (tool === undefined) return failed(`There is no tool "${call.name}".`);
  try {
    const context = { runId: run.id, agentId: run.agent.id, sessionKey: run.sessionKey, signal };
    return await tool.run(parseArguments(call.arguments), context);
  } catch (error) {
    return failed(error instanceof Error ? error.message : "The tool failed.");
  }
}

function parseArguments(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new Error("The arguments are not valid JSON.");
  }
}

function failed(text: string): ToolOutput {
  return { text, isError: true };
}
