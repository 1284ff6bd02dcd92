/** Folds the events of a run into its whole result. A stream consists of the same events. */
import { GatewayError } from "../lib/errors.ts";
import type { EndReason, FinishReason, PartState, RunEvent, StartRun, ToolCall, Usage } from "./types.ts";

type RunEnd = Extract<RunEvent, { type: "end" }>;

export interface RunResult {
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string;
  /** What the provider attached to the thinking. */
  readonly thinkingStates: readonly PartState[];
  /** Calls of the client's tools. */
  readonly calls: readonly ToolCall[];
  /** Starts and results of the agent's tools. */
  readonly toolEvents: readonly RunEvent[];
  readonly reason: FinishReason;
  readonly usage: Usage | undefined;
}

/** Rejects with the error of the run, or with `run_aborted`. */
export async function foldRun(run: StartRun): Promise<RunResult> {
  let text = "";
  let thinking = "";
  let refusal = "";
  const calls: { id: string; name: string; arguments: string; state?: PartState }[] = [];
  const thinkingStates: PartState[] = [];
  const toolEvents: RunEvent[] = [];
  let end: RunEnd | undefined;
  await run({
    emit(event) {
      switch (event.type) {
        case "text":
          text += event.text;
          return;
        case "thinking":
          thinking += event.text;
          return;
        case "refusal":
          refusal += event.text;
          return;
        case "tool_start":
        case "tool_result":
          toolEvents.push(event);
          return;
        case "tool_call":
          calls[event.index] = { id: event.id, name: event.name, arguments: "" };
          return;
        case "tool_call_arguments": {
          const call = calls[event.index];
          if (call !== undefined) call.arguments += event.fragment;
          return;
        }
        case "end":
          end = event;
          return;
        case "state":
          if (event.part === "thinking") thinkingStates.push(event.state);
          return;
        case "tool_call_state": {
          const call = calls[event.index];
          if (call !== undefined) call.state = event.state;
          return;
        }
        case "start":
        case "tool_output":
        case "step":
        case "compaction":
        case "fallback":
          return;
      }
    },
  });
  if (end === undefined) throw new Error("a run ended without its end");
  const reason = requireFinishReason(end);
  return { text, thinking, refusal, thinkingStates, calls, toolEvents, reason, usage: end.usage };
}

/** Returns the finish reason of a successful run. Throws the error of any other one. */
export function requireFinishReason(end: {
  readonly reason: EndReason;
  readonly error?: GatewayError | undefined;
}): FinishReason {
  if (end.reason !== "error" && end.reason !== "aborted") return end.reason;
  throw end.error ?? new GatewayError("run_aborted", "The run was aborted before it was complete.");
}
