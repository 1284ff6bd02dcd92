/** How a run's end reads in a response: its state, its usage, its error. */
import { createRunAbortedError } from "../../lib/abort.ts";
import { errorTable } from "../../../contracts/errors.ts";
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { Response, ResponseUsage } from "../../../contracts/http/responses/response.ts";
import type { EndReason, RunEvent, Usage } from "../../agent/types.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

type RunEnd = Extract<RunEvent, { type: "end" }>;

/** What of a response changes while it is made, but for its output. */
export type ResponseState = Pick<
  Response,
  "status" | "completed_at" | "incomplete_details" | "error" | "usage"
>;

export const initialState: ResponseState = {
  status: "in_progress",
  completed_at: null,
  incomplete_details: null,
  error: null,
  usage: null,
};

const statusByEndReason = {
  stop: "completed",
  tool_calls: "completed",
  length: "incomplete",
  content_filter: "incomplete",
  aborted: "cancelled",
  error: "failed",
} as const satisfies Record<EndReason, Response["status"]>;

/** `endedAt` in seconds. */
export function terminalState(end: RunEnd, endedAt: number): ResponseState {
  const { reason } = end;
  const status = statusByEndReason[reason];
  return {
    status,
    completed_at: status === "completed" ? endedAt : null,
    incomplete_details:
      reason === "length"
        ? { reason: "max_output_tokens" }
        : reason === "content_filter"
          ? { reason: "content_filter" }
          : null,
    error: reason === "error" ? toResponseError(toEndError(end)) : null,
    usage: end.usage === undefined ? null : toResponseUsage(end.usage),
  };
}

/** What the caller is told of an end that is no success. */
export function toEndError({ reason, error }: RunEnd): GatewayError {
  if (reason === "aborted" && error === undefined) return createRunAbortedError();
  return error ?? toGatewayError(new Error("a run failed without its error"));
}

/** OpenAI's field has few codes; the `error` event has ours. */
function toResponseError({ code, message }: GatewayError): NonNullable<Response["error"]> {
  if (code === "rate_limit_exceeded") return { code, message };
  return { code: errorTable[code].status < 500 ? "invalid_prompt" : "server_error", message };
}

export function createErrorEvent(
  { code, message, param }: GatewayError,
  sequence_number: number,
): Extract<ResponseEvent, { type: "error" }> {
  const error = { type: errorTable[code].type, code, message, param };
  return { type: "error", sequence_number, code, message, param, error };
}

/** The last events of a response that would have ended well, told as a failure. */
export function replaceWithFailure(
  events: readonly OutgoingEvent[],
  failure: GatewayError,
): readonly OutgoingEvent[] {
  const last = events.at(-1);
  if (typeof last !== "object" || !("response" in last)) return events;
  const response: Response = {
    ...last.response,
    status: "failed",
    completed_at: null,
    incomplete_details: null,
    error: toResponseError(failure),
  };
  return [...events.slice(0, -1), ...createFailureEvents(failure, response, last.sequence_number)];
}

/** How any response ends that does not end well; `from` is the number of the first. */
export function createFailureEvents(
  failure: GatewayError,
  response: Response,
  firstSequenceNumber: number,
): readonly ResponseEvent[] {
  return [
    createErrorEvent(failure, firstSequenceNumber),
    { type: "response.failed", sequence_number: firstSequenceNumber + 1, response },
  ];
}

export function toResponseUsage({ input, output, cached, cacheWrite, reasoning }: Usage): ResponseUsage {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
