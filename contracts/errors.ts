/** The error table: the meaning of each code on every transport. HTTP statuses and socket codes are defined here only. */

import { configErrors } from "./config-errors.ts";
import { identityErrors } from "./identity-errors.ts";
import { idempotencyErrors } from "./idempotency-errors.ts";
import {
  badRequest,
  common,
  forbidden,
  invalidRequest,
  notFound,
  quotaExceeded,
  rateLimited,
  serverError,
  specific,
  unauthorized,
  unavailable,
  type ErrorEntry,
} from "./error-kinds.ts";

export const errorTable = {
  invalid_json: {
    status: 400,
    ...invalidRequest,
    ...common,
    description: "The body, or a part of a form with this type, is not JSON.",
  },
  json_too_complex: {
    ...badRequest,
    ...common,
    description: "The JSON is nested too deep or has too many values.",
  },
  invalid_request: {
    ...badRequest,
    ...common,
    description: "The request is contradictory, for example a header that was sent twice.",
  },
  missing_required_parameter: {
    ...badRequest,
    ...common,
    description: "A required field is missing; `param` names it.",
  },
  invalid_type: { ...badRequest, ...common, description: "A field has the wrong type; `param` names it." },
  invalid_value: {
    ...badRequest,
    ...common,
    description: "A field has a value that is not allowed; `param` names it.",
  },
  invalid_api_key: {
    status: 401,
    ...unauthorized,
    ...common,
    description: "The credential is missing, wrong, revoked or expired.",
  },
  origin_not_allowed: {
    ...forbidden,
    ...common,
    description: "A web page of another origin sent the request.",
  },
  missing_scope: {
    ...forbidden,
    ...common,
    description: "The credential or the connection lacks a scope; the message names it.",
  },
  ...identityErrors,
  not_found: { ...notFound, ...common, description: "No such path." },
  endpoint_disabled: {
    ...notFound,
    ...common,
    description: "The endpoint is disabled; the message names the setting.",
  },
  method_not_allowed: {
    status: 405,
    ...invalidRequest,
    ...common,
    description: "The path does not support this method; see `Allow`.",
  },
  request_timeout: {
    status: 408,
    ...invalidRequest,
    ...common,
    description: "The request did not arrive in time.",
  },
  request_too_large: {
    status: 413,
    ...invalidRequest,
    ...common,
    description: "The body is larger than the limit in the message.",
  },
  unsupported_media_type: {
    status: 415,
    ...invalidRequest,
    ...common,
    description: "The body is not `application/json`.",
  },
  host_not_allowed: {
    status: 421,
    ...invalidRequest,
    ...common,
    description: "The gateway does not accept this `Host`.",
  },
  too_many_failed_credentials: {
    ...rateLimited,
    ...common,
    description: "Too many wrong credentials from this address; see `Retry-After`.",
  },
  too_many_requests: {
    ...rateLimited,
    ...common,
    description: "The requests or tokens per minute of the key or the agent are used up; see `Retry-After`.",
  },
  headers_too_large: { status: 431, ...invalidRequest, ...common, description: "The headers are too large." },
  internal_error: {
    status: 500,
    ...serverError,
    ...common,
    description: "An internal error; the log has it under the request id.",
  },
  server_overloaded: {
    status: 503,
    ...unavailable,
    ...common,
    description: "No capacity now; see `Retry-After`.",
  },
  shutting_down: { status: 503, ...unavailable, ...common, description: "The gateway is stopping." },
  unsupported_value: {
    ...badRequest,
    ...specific,
    description: "The gateway does not support this value; `param` names the field.",
  },
  ...configErrors,
  invalid_session_key: {
    ...badRequest,
    ...specific,
    description: "The session key is malformed, reserved, or another agent's.",
  },
  ...idempotencyErrors,
  previous_response_not_found: {
    ...badRequest,
    ...specific,
    description:
      "The previous response does not exist, has expired, or belongs to another credential or agent.",
  },
  websocket_connection_limit_reached: {
    ...badRequest,
    ...specific,
    description: "A WebSocket on /v1/responses has been open for an hour; connect again.",
  },
  websocket_stream_limit_reached: {
    ...rateLimited,
    ...specific,
    description: "A WebSocket on /v1/responses has too many lanes, or too many responses in progress.",
  },
  invalid_stream_id: {
    ...badRequest,
    ...specific,
    description: "`stream_id` is not a name of 1 to 256 letters, digits, `_`, `.` and `-`.",
  },
  websocket_disabled: {
    status: 426,
    ...invalidRequest,
    ...specific,
    description: "No WebSocket on this path; the message names the setting. Use HTTP.",
  },
  unknown_tool_call_id: {
    ...badRequest,
    ...specific,
    description: "A tool result names a call that is not in the conversation.",
  },
  thread_unsupported_request: {
    ...badRequest,
    ...specific,
    description:
      "The gateway keeps no threads of messages: send the whole conversation. The SDKs' tool runners do so then.",
  },
  context_length_exceeded: {
    ...badRequest,
    ...specific,
    description: "The conversation does not fit the model's context.",
  },
  upstream_rejected: {
    ...badRequest,
    ...specific,
    description: "The model provider rejected the request; the message is the provider's.",
  },
  model_not_found: {
    ...notFound,
    ...specific,
    description: "No such agent or model; the message lists those that exist.",
  },
  response_not_found: {
    ...notFound,
    ...specific,
    description: "No such stored response, or it belongs to another credential.",
  },
  conversation_not_found: {
    ...notFound,
    ...specific,
    description: "No such conversation, or it belongs to another credential.",
  },
  file_not_found: {
    ...notFound,
    ...specific,
    description: "No such file, or it belongs to another credential.",
  },
  item_not_found: { ...notFound, ...specific, description: "The conversation has no such item." },
  session_not_found: {
    ...notFound,
    ...specific,
    description: "No such session, or it belongs to another credential.",
  },
  key_not_found: { ...notFound, ...specific, description: "No key of this name." },
  tool_not_found: { ...notFound, ...specific, description: "No such tool; the message suggests a name." },
  tool_denied: {
    ...notFound,
    ...specific,
    description: "The policy denies this tool; the message names the setting that would allow it.",
  },
  tool_error: {
    ...badRequest,
    ...specific,
    description: "The tool ran and failed; the message is the tool's.",
  },
  session_busy: {
    ...rateLimited,
    ...specific,
    description: "Too many requests wait for this session; see `Retry-After`.",
  },
  budget_exceeded: { ...quotaExceeded, ...specific, description: "The key or agent has spent its budget." },
  rate_limit_exceeded: {
    ...rateLimited,
    ...specific,
    description: "The model provider's rate limit; see `Retry-After`.",
  },
  upstream_unreachable: {
    status: 502,
    ...unavailable,
    ...specific,
    description: "The model provider could not be reached.",
  },
  upstream_auth: {
    status: 502,
    ...serverError,
    ...specific,
    description: "The model provider rejected the gateway's credential.",
  },
  upstream_error: { status: 502, ...unavailable, ...specific, description: "The model provider failed." },
  upstream_protocol: {
    status: 502,
    ...unavailable,
    ...specific,
    description: "The model provider's response violated its protocol or was cut.",
  },
  upstream_timeout: {
    status: 504,
    ...unavailable,
    socket: "AGENT_TIMEOUT",
    ...specific,
    description: "The model provider sent nothing for too long.",
  },
  run_timeout: {
    status: 504,
    ...serverError,
    socket: "AGENT_TIMEOUT",
    ...specific,
    description: "The run took longer than the agent's time limit.",
  },
  run_interrupted: {
    status: 409,
    ...invalidRequest,
    socket: "ABORTED",
    ...specific,
    description: "The gateway stopped during the run; the run is not repeated.",
  },
  run_aborted: {
    status: 409,
    ...invalidRequest,
    socket: "ABORTED",
    ...specific,
    description: "The run was aborted before it was complete.",
  },
  storage_unavailable: {
    status: 503,
    ...unavailable,
    ...specific,
    description: "The session store cannot be read or written.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Codes that every endpoint may return. */
export type CommonErrorCode = {
  [C in ErrorCode]: (typeof errorTable)[C]["common"] extends true ? C : never;
}[ErrorCode];

/** Codes that an endpoint may return only if its contract lists them. */
export type OwnErrorCode = Exclude<ErrorCode, CommonErrorCode>;

export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];
