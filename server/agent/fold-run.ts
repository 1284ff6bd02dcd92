/** Folds the events of a run into its whole result. A stream consists of the same events. */
import { GatewayError } from "../lib/errors.ts";
import type { EndReason, FinishReason, RunEvent, ToolCall, Usage } from "./types.ts";

export interface RunResult {
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string;
  /** Calls of the client's tools. */
  readonly calls: readonly ToolCall[];
  /** Starts and results of the agent's tools. */
  readonly toolEvents: readonly RunEvent[];
  readonly reason: FinishReason;
  readonly usage: Usage | undefined;
}

/** Throws the error of the run, or `run_aborted` when it was aborted. */
export async function foldRun(events: AsyncIterable<RunEvent>): Promise<RunResult> {
  let text = "";
  let thinking = "";
  let refusal = "";
  const calls: { id: string; name: string; arguments: string }[] = [];
  const toolEvents: RunEvent[] = [];
  for await (const event of events) {
    if (event.type === "text") text += event.text;
    else if (event.type === "thinking") thinking += event.text;
    else if (event.type === "refusal") refusal += event.text;
    else if (event.type === "tool_start" || event.type === "tool_result") toolEvents.push(event);
    else if (event.type === "tool_call")
      calls[event.index] = { id: event.id, name: event.name, arguments: "" };
    else if (event.type === "tool_call_arguments") {
      const call = calls[event.index];
      if (call !== undefined) call.arguments += event.fragment;
    } else if (event.type === "end") {
      return {
        text,
        thinking,
        refusal,
        calls,
        toolEvents,
        reason: requireFinishReason(event),
        usage: event.usage,
      };
    }
  }
  throw new Error("a run ended without its end");
}

/** Returns the finish reason of a successful run. Throws the error of any other one. */
export function requireFinishReason(end: {
  readonly reason: EndReason;
  readonly error?: GatewayError | undefined;
}): FinishReason {
  if (end.reason !== "error" && end.reason !== "aborted") return end.reason;
  throw end.error ?? new GatewayError("run_aborted", "The run was aborted before it was complete.");
}
