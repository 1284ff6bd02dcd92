/**
 * Accumulates the events of a run into a response, and emits the response's events in the order of the standard. The
 * response is the same with and without a listener.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock } from "../../lib/ports.ts";
import type { RunEvent } from "../../agent/types.ts";
import {
  initialState,
  toTerminalState,
  createErrorEvent,
  toEndError,
  type ResponseState,
} from "./terminal-state.ts";
import { createOutputItems, type OutputOptions } from "./output-items.ts";
import { createEventEmitter, type OutgoingEvent } from "./event-emitter.ts";

/** The fields of a response that never change, and the options of its items. */
export interface ResponseMetadata extends OutputOptions {
  readonly fields: Omit<Response, keyof ResponseState | "output">;
  /** Whether a complete response has a message in any case. Default: true. */
  readonly needsMessage?: boolean;
}

interface AccumulatorDeps {
  readonly clock: Clock;
  readonly listener?: ((event: OutgoingEvent) => void) | undefined;
}

export interface ResponseAccumulator {
  /** Emits the start of the response. The first item does the same. A `queued` response waits for its run. */
  begin(stage: "queued" | "in_progress"): void;
  /** Emits the state of the response again, when it has begun. */
  repeatState(): void;
  /** The last event of a run is its only `end`; it ends the response. */
  push(event: RunEvent): void;
  /** Returns the current response. Its output has the completed items only. */
  getResponse(): Response;
}

type Lifecycle = Extract<OutgoingEvent, { response: unknown }>["type"];

export function createResponseAccumulator(
  metadata: ResponseMetadata,
  { clock, listener }: AccumulatorDeps,
): ResponseAccumulator {
  const emit = createEventEmitter(listener);
  let state = initialState;
  let stage: "silent" | "queued" | "in_progress" = "silent";
  const { id, object, created_at, ...echoed } = metadata.fields;
  const output = createOutputItems(id, emit, metadata, () => begin("in_progress"));

  // For people who read the JSON: the result comes first, the echoed request last.
  const snapshot = (): Response => ({
    id,
    object,
    created_at,
    ...state,
    output: output.listCompleted(),
    ...echoed,
  });
  const emitLifecycle = (type: Lifecycle): void =>
    emit((sequence_number) => ({ type, sequence_number, response: snapshot() }));

  function begin(next: "queued" | "in_progress"): void {
    if (stage === "in_progress" || stage === next) return;
    state = { ...initialState, status: next };
    if (stage === "silent") emitLifecycle("response.created");
    stage = next;
    emitLifecycle(`response.${next}`);
  }

  function end(event: Extract<RunEvent, { type: "end" }>): void {
    begin("in_progress");
    const { reason } = event;
    if (reason === "stop") {
      // Clients expect a message; some repeat the request until there is one.
      if (!output.hasMessage() && metadata.needsMessage !== false) output.appendMessage("output_text", "");
      output.completeAll("completed", "final_answer");
    } else if (reason === "tool_calls") output.completeAll("completed", "commentary");
    else output.completeAll("incomplete", undefined);

    state = toTerminalState(event, Math.floor(clock() / 1000));
    if (state.status === "completed") emitLifecycle("response.completed");
    else if (state.status === "incomplete") emitLifecycle("response.incomplete");
    else {
      const failure = toEndError(event);
      emit((sequence_number) => createErrorEvent(failure, sequence_number));
      emitLifecycle("response.failed");
    }
  }

  function push(event: RunEvent): void {
    switch (event.type) {
      case "start":
        if (stage === "queued") begin("in_progress");
        return;
      case "text":
        if (event.text !== "") output.appendMessage("output_text", event.text, event.phase);
        return;
      case "refusal":
        if (event.text !== "") output.appendMessage("refusal", event.text);
        return;
      case "thinking":
        if (event.text !== "") output.appendReasoning(event.text);
        return;
      case "tool_call":
        output.startCall(event.index, event);
        return;
      case "tool_call_arguments":
        output.appendCallArguments(event.index, event.fragment);
        return;
      case "tool_start":
        output.startTool(event.call);
        return;
      case "tool_result":
        output.endTool(event.callId, event.output);
        return;
      case "end":
        end(event);
        return;
      case "state":
      case "tool_call_state":
        output.addState(event);
        return;
      case "tool_output":
      case "step":
      case "compaction":
      case "fallback":
        return;
    }
  }

  return {
    begin,
    repeatState() {
      if (stage !== "silent") emitLifecycle(`response.${stage}`);
    },
    push,
    getResponse: snapshot,
  };
}
