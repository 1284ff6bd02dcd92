/** The error table: what a code means on every surface. Nothing else decides a status or a code of the socket. */

interface ErrorEntry {
  /** HTTP status. */
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type:
    | "invalid_request_error"
    | "authentication_error"
    | "permission_error"
    | "rate_limit_error"
    | "server_error";
  /** `error.code` on the socket, whose clients know a few coarse ones. */
  readonly socket:
    "INVALID_REQUEST" | "NOT_FOUND" | "FORBIDDEN" | "UNAVAILABLE" | "AGENT_TIMEOUT" | "ABORTED";
  /** What `x-should-retry` says to SDKs that repeat 409, 429 and 5xx by themselves. */
  readonly retry: boolean;
  /** May any endpoint answer with it? Then contracts do not list it. */
  readonly common: boolean;
  /** One published sentence. */
  readonly description: string;
}

const invalid = { type: "invalid_request_error", socket: "INVALID_REQUEST", retry: false } as const;
const refused = { status: 400, ...invalid } as const;
const missing = { status: 404, type: "invalid_request_error", socket: "NOT_FOUND", retry: false } as const;
const unauthorized = { type: "authentication_error", socket: "INVALID_REQUEST", retry: false } as const;
const forbidden = { status: 403, type: "permission_error", socket: "FORBIDDEN", retry: false } as const;
const limited = { status: 429, type: "rate_limit_error", socket: "UNAVAILABLE", retry: true } as const;
const unavailable = { type: "server_error", socket: "UNAVAILABLE", retry: true } as const;
const failed = { type: "server_error", socket: "UNAVAILABLE", retry: false } as const;
const own = { common: false } as const;
const common = { common: true } as const;

export const errorTable = {
  invalid_json: { status: 400, ...invalid, ...common, description: "The body is not JSON." },
  json_too_complex: {
    ...refused,
    ...common,
    description: "The JSON is nested too deep or has too many values.",
  },
  invalid_request: {
    ...refused,
    ...common,
    description: "The request contradicts itself, for instance a header given twice.",
  },
  missing_required_parameter: {
    ...refused,
    ...common,
    description: "A required field is missing; `param` names it.",
  },
  invalid_type: {
    ...refused,
    ...common,
    description: "A field has the wrong type; `param` names it.",
  },
  invalid_value: {
    ...refused,
    ...common,
    description: "A field has a value that is not allowed; `param` names it.",
  },
  invalid_api_key: {
    status: 401,
    ...unauthorized,
    ...common,
    description: "The credential is missing, wrong, revoked or expired.",
  },
  origin_not_allowed: { ...forbidden, ...common, description: "A browser page of another origin sent this." },
  missing_scope: {
    ...forbidden,
    ...common,
    description: "The credential, or this connection, lacks the right; the message names it.",
  },
  not_found: { ...missing, ...common, description: "No such path." },
  endpoint_disabled: {
    ...missing,
    ...common,
    description: "The endpoint is off; the message names the switch.",
  },
  method_not_allowed: {
    status: 405,
    ...invalid,
    ...common,
    description: "The path exists, the method does not; see `Allow`.",
  },
  request_timeout: { status: 408, ...invalid, ...common, description: "The request did not arrive in time." },
  request_too_large: {
    status: 413,
    ...invalid,
    ...common,
    description: "The body is larger than the limit in the message.",
  },
  unsupported_media_type: {
    status: 415,
    ...invalid,
    ...common,
    description: "The body is not `application/json`.",
  },
  host_not_allowed: {
    status: 421,
    ...invalid,
    ...common,
    description: "The `Host` is not one this gateway answers to.",
  },
  too_many_failed_credentials: {
    ...limited,
    ...common,
    description: "Too many wrong credentials from this address; see `Retry-After`.",
  },
  too_many_requests: {
    ...limited,
    ...common,
    description: "The key's requests per minute are used up; see `Retry-After`.",
  },
  headers_too_large: {
    status: 431,
    ...invalid,
    ...common,
    description: "The request's headers are too large.",
  },
  internal_error: {
    status: 500,
    ...failed,
    ...common,
    description: "A fault of the gateway; the log has it under the request id.",
  },
  server_overloaded: {
    status: 503,
    ...unavailable,
    ...common,
    description: "No capacity now; see `Retry-After`.",
  },
  shutting_down: {
    status: 503,
    ...unavailable,
    ...common,
    description: "The gateway is stopping; see `Retry-After`.",
  },
  unsupported_value: {
    ...refused,
    ...own,
    description: "The field is known and cannot be honoured here; `param` names it.",
  },
  invalid_session_key: {
    ...refused,
    ...own,
    description: "The session key is malformed, reserved, or another agent's.",
  },
  idempotency_in_progress: {
    status: 409,
    ...invalid,
    socket: "UNAVAILABLE",
    retry: true,
    ...own,
    description: "A request with the same idempotency key is still being answered; see `Retry-After`.",
  },
  idempotency_mismatch: {
    status: 422,
    ...invalid,
    ...own,
    description: "The idempotency key stands for another request.",
  },
  previous_response_not_found: {
    ...refused,
    ...own,
    description:
      "The response to continue does not exist, has expired, or is another credential's or agent's.",
  },
  websocket_connection_limit_reached: {
    ...refused,
    ...own,
    description: "A WebSocket on /v1/responses has been open for an hour; connect again.",
  },
  unknown_tool_call_id: {
    ...refused,
    ...own,
    description: "A tool result names a call that the conversation does not have.",
  },
  context_length_exceeded: {
    ...refused,
    ...own,
    description: "The conversation does not fit the model's context.",
  },
  upstream_rejected: {
    ...refused,
    ...own,
    description: "The model provider refused the request; the message is the provider's.",
  },
  model_not_found: {
    ...missing,
    ...own,
    description: "No such agent or model; the message lists those that exist.",
  },
  response_not_found: {
    ...missing,
    ...own,
    description: "No such stored response, or it belongs to another credential.",
  },
  session_not_found: {
    ...missing,
    ...own,
    description: "No such session, or it belongs to another credential.",
  },
  key_not_found: { ...missing, ...own, description: "No key of this name." },
  tool_not_found: { ...missing, ...own, description: "No such tool; the message has the nearest name." },
  tool_denied: {
    ...missing,
    ...own,
    description:
      "The tool exists and may not be used here; the message names the setting that would allow it.",
  },
  tool_error: {
    ...refused,
    ...own,
    description: "The tool ran and failed; the message is the tool's.",
  },
  session_busy: {
    ...limited,
    ...own,
    description: "Too many requests wait for this session; see `Retry-After`.",
  },
  rate_limit_exceeded: {
    ...limited,
    ...own,
    description: "The model provider's rate limit; see `Retry-After`.",
  },
  upstream_unreachable: {
    status: 502,
    ...unavailable,
    ...own,
    description: "The model provider could not be reached.",
  },
  upstream_auth: {
    status: 502,
    ...failed,
    ...own,
    description: "The model provider refused the gateway's own credential.",
  },
  upstream_error: { status: 502, ...unavailable, ...own, description: "The model provider failed." },
  upstream_protocol: {
    status: 502,
    ...unavailable,
    ...own,
    description: "The model provider's answer broke its own protocol or was cut.",
  },
  upstream_timeout: {
    status: 504,
    ...unavailable,
    socket: "AGENT_TIMEOUT",
    ...own,
    description: "The model provider was silent for too long.",
  },
  run_timeout: {
    status: 504,
    ...failed,
    socket: "AGENT_TIMEOUT",
    ...own,
    description: "The run took longer than the agent's time limit.",
  },
  run_interrupted: {
    status: 409,
    ...invalid,
    socket: "ABORTED",
    ...own,
    description: "The gateway stopped in the middle of the run; it is not run again.",
  },
  run_aborted: {
    status: 409,
    ...invalid,
    socket: "ABORTED",
    ...own,
    description: "The run was aborted by somebody else before it was complete.",
  },
  storage_unavailable: {
    status: 503,
    ...unavailable,
    ...own,
    description: "The session store cannot be read or written now.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Codes that every endpoint may answer with. */
export type CommonErrorCode = {
  [C in ErrorCode]: (typeof errorTable)[C]["common"] extends true ? C : never;
}[ErrorCode];

/** Codes that an endpoint has to list in its contract before it may answer with them. */
export type OwnErrorCode = Exclude<ErrorCode, CommonErrorCode>;

export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];
