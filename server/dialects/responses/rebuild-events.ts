/** Builds the events of a response that has ended from the response itself. Each part has one delta. */
import type { OutputItem, Response } from "../../../contracts/http/responses/response.ts";
import { createRunAbortedError } from "../../lib/abort.ts";
import type { ErrorCode } from "../../../contracts/errors.ts";
import { GatewayError } from "../../lib/errors.ts";
import { wrapCustomInput } from "../../agent/custom-tools.ts";
import { createEventEmitter, type Emit, type ItemLocation, type OutgoingEvent } from "./event-emitter.ts";
import { createMessageItem } from "./message-item.ts";
import { createReasoningItem } from "./reasoning-item.ts";
import { createErrorEvent, initialState } from "./terminal-state.ts";
import { createToolActivityItem } from "./tool-activity-item.ts";
import { toolSearchName } from "../../../contracts/http/responses/tools.ts";
import {
  createCustomToolCallItem,
  createFunctionCallItem,
  createToolSearchCallItem,
} from "./tool-call-items.ts";

/** The same events, with the same numbers, whenever it is called. */
export function rebuildEvents(response: Response): readonly OutgoingEvent[] {
  const events: OutgoingEvent[] = [];
  const emit = createEventEmitter((event) => void events.push(event));
  const initial: Response = { ...response, ...initialState, output: [] };
  emit((sequence_number) => ({ type: "response.created", sequence_number, response: initial }));
  emit((sequence_number) => ({ type: "response.in_progress", sequence_number, response: initial }));
  for (const [index, item] of response.output.entries()) emitItem(emit, { id: item.id, index }, item);
  emitEnd(emit, response);
  return events;
}

function emitItem(emit: Emit, location: ItemLocation, item: OutputItem): void {
  const status = item.status === "incomplete" ? "incomplete" : "completed";
  switch (item.type) {
    case "message": {
      const message = createMessageItem(emit, location);
      for (const part of item.content)
        message.appendDelta(part.type, part.type === "refusal" ? part.refusal : part.text);
      message.complete(status, item.phase);
      return;
    }
    case "reasoning": {
      const { encrypted_content: encrypted } = item;
      const encrypt = encrypted === undefined ? undefined : () => encrypted;
      const reasoning = createReasoningItem(emit, location, encrypt);
      for (const { text } of item.summary) if (text !== "") reasoning.appendDelta(text);
      reasoning.complete(status);
      return;
    }
    case "function_call": {
      const call = createFunctionCallItem(emit, location, { ...item, id: item.call_id });
      call.appendArguments(item.arguments);
      call.complete(status);
      return;
    }
    case "custom_tool_call": {
      const call = createCustomToolCallItem(emit, location, { ...item, id: item.call_id });
      call.appendArguments(wrapCustomInput(item.input));
      call.complete(status);
      return;
    }
    case "tool_search_call": {
      const call = createToolSearchCallItem(emit, location, { name: toolSearchName, id: item.call_id });
      call.appendArguments(JSON.stringify(item.arguments));
      call.complete(status);
      return;
    }
    case "openclaw:tool_call": {
      const activity = createToolActivityItem(emit, location, { ...item, id: item.call_id });
      const { output, is_error: isError } = item;
      activity.complete(
        output === null
          ? undefined
          : { content: [{ type: "text", text: output }], isError: isError === true },
      );
    }
  }
}

function emitEnd(emit: Emit, response: Response): void {
  if (response.status === "completed" || response.status === "incomplete") {
    const type = `response.${response.status}` as const;
    emit((sequence_number) => ({ type, sequence_number, response }));
    return;
  }
  const failure = toGatewayError(response.error);
  emit((sequence_number) => createErrorEvent(failure, sequence_number));
  emit((sequence_number) => ({ type: "response.failed", sequence_number, response }));
}

type ResponseError = NonNullable<Response["error"]>;

/** The response does not have the code of the run's error. These say as much as its code. */
const errorCodes = {
  rate_limit_exceeded: "rate_limit_exceeded",
  invalid_prompt: "invalid_request",
  invalid_api_key: "invalid_api_key",
  server_error: "internal_error",
} as const satisfies Record<ResponseError["code"], ErrorCode>;

function toGatewayError(error: ResponseError | null): GatewayError {
  return error === null ? createRunAbortedError() : new GatewayError(errorCodes[error.code], error.message);
}
