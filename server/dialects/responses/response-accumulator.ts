/**
 * The response of a run: fed with the run's events, it tells the events of the standard in their order, and is the whole
 * response in the end. Without a listener it does the same in silence.
 */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock } from "../../lib/ports.ts";
import type { RunEvent } from "../../agent/types.ts";
import {
  initialState,
  terminalState,
  createErrorEvent,
  toEndError,
  type ResponseState,
} from "./terminal-state.ts";
import { createOutputItems, type OutputOptions } from "./output-items.ts";
import { createEventEmitter, type OutgoingEvent } from "./event-emitter.ts";

/** What a response says of itself from its beginning to its end, and how its items are told. */
export interface ResponseMetadata extends OutputOptions {
  readonly fields: Omit<Response, keyof ResponseState | "output">;
}

interface AccumulatorDeps {
  readonly clock: Clock;
  readonly listener?: ((event: OutgoingEvent) => void) | undefined;
}

export interface ResponseAccumulator {
  /** Tells that the response begins, which its first item does too; `queued`: that it waits for its turn. */
  begin(stage: "queued" | "in_progress"): void;
  /** A run has one `end`, its last event; with it the response is complete. */
  push(event: RunEvent): void;
  /** As it stands: of the output, the items that are complete. */
  readonly response: Response;
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

  // For people who read it on the wire: what is new comes first, what they sent last.
  const snapshot = (): Response => ({
    id,
    object,
    created_at,
    ...state,
    output: output.items,
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
      // Callers look for an answer; some would ask again and again until there is one.
      if (!output.hasMessage) output.appendMessage("output_text", "");
      output.completeAll("completed", "final_answer");
    } else if (reason === "tool_calls") output.completeAll("completed", "commentary");
    else output.completeAll("incomplete", undefined);

    state = terminalState(event, Math.floor(clock() / 1000));
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
        if (event.text !== "") output.appendMessage("output_text", event.text);
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
      case "tool_output":
      case "step":
      case "compaction":
      case "fallback":
        return;
    }
  }

  return {
    begin,
    push,
    get response() {
      return snapshot();
    },
  };
}
