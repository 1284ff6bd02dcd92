/** The error table: what a code means on every surface. Nothing else decides a status. */
import { z } from "zod";
import { shortText } from "./limits.ts";

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
  /** What `x-should-retry` says to SDKs that repeat 409, 429 and 5xx by themselves. */
  readonly retry: boolean;
  /** May any endpoint answer with it? Then contracts do not list it. */
  readonly common: boolean;
  /** One published sentence. */
  readonly description: string;
}

const invalid = { type: "invalid_request_error", retry: false } as const;
const own = { common: false } as const;
const common = { common: true } as const;

export const errorTable = {
  invalid_json: { status: 400, ...invalid, ...common, description: "The body is not JSON." },
  json_too_complex: {
    status: 400,
    ...invalid,
    ...common,
    description: "The JSON is nested too deep or has too many values.",
  },
  invalid_request: {
    status: 400,
    ...invalid,
    ...common,
    description: "The request contradicts itself, for instance a header given twice.",
  },
  missing_required_parameter: {
    status: 400,
    ...invalid,
    ...common,
    description: "A required field is missing; `param` names it.",
  },
  invalid_type: {
    status: 400,
    ...invalid,
    ...common,
    description: "A field has the wrong type; `param` names it.",
  },
  invalid_value: {
    status: 400,
    ...invalid,
    ...common,
    description: "A field has a value that is not allowed; `param` names it.",
  },
  invalid_api_key: {
    status: 401,
    type: "authentication_error",
    retry: false,
    ...common,
    description: "The credential is missing or wrong.",
  },
  origin_not_allowed: {
    status: 403,
    type: "permission_error",
    retry: false,
    ...common,
    description: "A browser page of another origin sent this.",
  },
  not_found: { status: 404, ...invalid, ...common, description: "No such path." },
  endpoint_disabled: {
    status: 404,
    ...invalid,
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
    status: 429,
    type: "rate_limit_error",
    retry: true,
    ...common,
    description: "Too many wrong credentials from this address; see `Retry-After`.",
  },
  headers_too_large: {
    status: 431,
    ...invalid,
    ...common,
    description: "The request's headers are too large.",
  },
  internal_error: {
    status: 500,
    type: "server_error",
    retry: false,
    ...common,
    description: "A fault of the gateway; the log has it under the request id.",
  },
  server_overloaded: {
    status: 503,
    type: "server_error",
    retry: true,
    ...common,
    description: "No capacity now; see `Retry-After`.",
  },
  shutting_down: {
    status: 503,
    type: "server_error",
    retry: true,
    ...common,
    description: "The gateway is stopping; see `Retry-After`.",
  },

  unsupported_value: {
    status: 400,
    ...invalid,
    ...own,
    description: "The field is known and cannot be honoured here; `param` names it.",
  },
  invalid_session_key: {
    status: 400,
    ...invalid,
    ...own,
    description: "The session key is malformed, reserved, or another agent's.",
  },
  unknown_tool_call_id: {
    status: 400,
    ...invalid,
    ...own,
    description: "A tool result names a call that the conversation does not have.",
  },
  context_length_exceeded: {
    status: 400,
    ...invalid,
    ...own,
    description: "The conversation does not fit the model's context.",
  },
  upstream_rejected: {
    status: 400,
    ...invalid,
    ...own,
    description: "The model provider refused the request; the message is the provider's.",
  },
  model_not_found: {
    status: 404,
    ...invalid,
    ...own,
    description: "No such agent or model; the message lists those that exist.",
  },
  session_not_found: {
    status: 404,
    ...invalid,
    ...own,
    description: "No such session, or it belongs to another credential.",
  },
  session_busy: {
    status: 429,
    type: "rate_limit_error",
    retry: true,
    ...own,
    description: "Too many requests wait for this session; see `Retry-After`.",
  },
  rate_limit_exceeded: {
    status: 429,
    type: "rate_limit_error",
    retry: true,
    ...own,
    description: "The model provider's rate limit; see `Retry-After`.",
  },
  upstream_unreachable: {
    status: 502,
    type: "server_error",
    retry: true,
    ...own,
    description: "The model provider could not be reached.",
  },
  upstream_auth: {
    status: 502,
    type: "server_error",
    retry: false,
    ...own,
    description: "The model provider refused the gateway's own credential.",
  },
  upstream_error: {
    status: 502,
    type: "server_error",
    retry: true,
    ...own,
    description: "The model provider failed.",
  },
  upstream_protocol: {
    status: 502,
    type: "server_error",
    retry: true,
    ...own,
    description: "The model provider's answer broke its own protocol or was cut.",
  },
  upstream_timeout: {
    status: 504,
    type: "server_error",
    retry: true,
    ...own,
    description: "The model provider was silent for too long.",
  },
  run_timeout: {
    status: 504,
    type: "server_error",
    retry: false,
    ...own,
    description: "The run took longer than the agent's time limit.",
  },
  run_aborted: {
    status: 409,
    ...invalid,
    ...own,
    description: "The run was aborted by somebody else before it was complete.",
  },
  storage_unavailable: {
    status: 503,
    type: "server_error",
    retry: true,
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

export const ErrorBody = z
  .object({
    error: z
      .object({
        message: z.string().max(4096).describe("What was wrong, where, and what would be right. For people."),
        type: shortText().describe("OpenAI's error class, for instance `invalid_request_error`."),
        param: shortText()
          .nullable()
          .describe("Path of the field at fault, for instance `messages[2].role`."),
        code: shortText().nullable().describe("Stable code to branch on, for instance `model_not_found`."),
      })
      .describe("All four keys are always there."),
  })
  .meta({ id: "Error", description: "Every failure of every `/v1` endpoint has this shape." });
