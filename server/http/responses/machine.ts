/**
 * The response of a run: fed with the run's events, it tells the events of the standard in their order, and is the whole
 * response in the end. Without a listener it does the same in silence.
 */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock, RunEvent } from "../../agent/types.ts";
import { begun, endState, errorEvent, failureOf, type ResponseState } from "./endings.ts";
import { createOutput, type OutputStyle } from "./output.ts";
import { createTeller, type ToldEvent } from "./teller.ts";

/** What a response says of itself from its beginning to its end, and how its items are told. */
export interface ResponseFace extends OutputStyle {
  readonly fields: Omit<Response, keyof ResponseState | "output">;
}

interface MachineParts {
  readonly clock: Clock;
  readonly listener?: ((event: ToldEvent) => void) | undefined;
}

export interface ResponseMachine {
  /** Tells that the response begins, which its first item does too; `queued`: that it waits for its turn. */
  open(stage: "queued" | "in_progress"): void;
  /** A run has one `end`, its last event; with it the response is complete. */
  take(event: RunEvent): void;
  /** As it stands: of the output, the items that are complete. */
  readonly response: Response;
}

type Lifecycle = Extract<ToldEvent, { response: unknown }>["type"];

export function createResponseMachine(
  face: ResponseFace,
  { clock, listener }: MachineParts,
): ResponseMachine {
  const tell = createTeller(listener);
  let state = begun;
  let stage: "silent" | "queued" | "in_progress" = "silent";
  const { id, object, created_at, ...echoed } = face.fields;
  const output = createOutput(id, tell, face, () => open("in_progress"));

  // For people who read it on the wire: what is new comes first, what they sent last.
  const snapshot = (): Response => ({
    id,
    object,
    created_at,
    ...state,
    output: output.items,
    ...echoed,
  });
  const tellState = (type: Lifecycle): void =>
    tell((sequence_number) => ({ type, sequence_number, response: snapshot() }));

  function open(next: "queued" | "in_progress"): void {
    if (stage === "in_progress" || stage === next) return;
    state = { ...begun, status: next };
    if (stage === "silent") tellState("response.created");
    stage = next;
    tellState(`response.${next}`);
  }

  function end(event: Extract<RunEvent, { type: "end" }>): void {
    open("in_progress");
    const { reason } = event;
    if (reason === "stop") {
      // Callers look for an answer; some would ask again and again until there is one.
      if (!output.spoken) output.say("output_text", "");
      output.close("completed", "final_answer");
    } else if (reason === "tool_calls") output.close("completed", "commentary");
    else output.close("incomplete", undefined);

    state = endState(event, Math.floor(clock() / 1000));
    if (state.status === "completed") tellState("response.completed");
    else if (state.status === "incomplete") tellState("response.incomplete");
    else {
      const failure = failureOf(event);
      tell((sequence_number) => errorEvent(failure, sequence_number));
      tellState("response.failed");
    }
  }

  function take(event: RunEvent): void {
    switch (event.type) {
      case "start":
        if (stage === "queued") open("in_progress");
        return;
      case "text":
        if (event.text !== "") output.say("output_text", event.text);
        return;
      case "refusal":
        if (event.text !== "") output.say("refusal", event.text);
        return;
      case "thinking":
        if (event.text !== "") output.think(event.text);
        return;
      case "tool_call":
        output.call(event.index, event);
        return;
      case "tool_call_arguments":
        output.callGoesOn(event.index, event.fragment);
        return;
      case "tool_start":
        output.toolStarts(event.call);
        return;
      case "tool_result":
        output.toolEnds(event.callId, event.output);
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
    open,
    take,
    get response() {
      return snapshot();
    },
  };
}
