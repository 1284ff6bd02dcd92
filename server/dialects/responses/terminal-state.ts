/** Converts the end of a run to the terminal state of its response, and to the terminal events of a failed one. */
import { createRunAbortedError } from "../../lib/abort.ts";
import { errorTable } from "../../../contracts/errors.ts";
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { Response, ResponseUsage } from "../../../contracts/http/responses/response.ts";
import type { EndReason, RunEvent, Usage } from "../../agent/types.ts";
import { toGatewayError, type GatewayError } from "../../lib/errors.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

type RunEnd = Extract<RunEvent, { type: "end" }>;

/** The fields of a response, besides its output, that change while it is in progress. */
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

/** `endedAt` is in seconds since the epoch. */
export function toTerminalState(end: RunEnd, endedAt: number): ResponseState {
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

/** Returns the error of a run that failed or was aborted. */
export function toEndError({ reason, error }: RunEnd): GatewayError {
  if (reason === "aborted" && error === undefined) return createRunAbortedError();
  return error ?? toGatewayError(new Error("a run failed without an error"));
}

/** OpenAI's `error` has three codes, and none for a credential that ends meanwhile; the `error` event has the gateway's own. */
function toResponseError({ code, message }: GatewayError): NonNullable<Response["error"]> {
  if (code === "rate_limit_exceeded" || code === "invalid_api_key") return { code, message };
  return { code: errorTable[code].status < 500 ? "invalid_prompt" : "server_error", message };
}

export function createErrorEvent(
  { code, message, param }: GatewayError,
  sequence_number: number,
): Extract<ResponseEvent, { type: "error" }> {
  const error = { type: errorTable[code].type, code, message, param };
  return { type: "error", sequence_number, code, message, param, error };
}

/** Replaces the terminal event of a response that could not be stored. */
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

/** Creates the terminal events of a failed response. */
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
