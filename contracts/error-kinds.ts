/** The columns of the error table, and the values that many of its rows share. */

export interface ErrorEntry {
  /** HTTP status. */
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type:
    | "invalid_request_error"
    | "authentication_error"
    | "permission_error"
    | "rate_limit_error"
    | "insufficient_quota"
    | "server_error";
  /** `error.code` on the WebSocket, whose clients know a few general codes. */
  readonly socket:
    "INVALID_REQUEST" | "NOT_FOUND" | "FORBIDDEN" | "UNAVAILABLE" | "AGENT_TIMEOUT" | "ABORTED";
  /** The value of `x-should-retry`, which tells OpenAI's SDKs whether to retry 409, 429 and 5xx. */
  readonly retry: boolean;
  /** Whether every endpoint may return it. Contracts do not list common codes. */
  readonly common: boolean;
  /** One sentence, published in the documents. */
  readonly description: string;
}

export const invalidRequest = {
  type: "invalid_request_error",
  socket: "INVALID_REQUEST",
  retry: false,
} as const;
export const badRequest = { status: 400, ...invalidRequest } as const;
export const notFound = {
  status: 404,
  type: "invalid_request_error",
  socket: "NOT_FOUND",
  retry: false,
} as const;
export const unauthorized = {
  type: "authentication_error",
  socket: "INVALID_REQUEST",
  retry: false,
} as const;
export const forbidden = {
  status: 403,
  type: "permission_error",
  socket: "FORBIDDEN",
  retry: false,
} as const;
export const rateLimited = {
  status: 429,
  type: "rate_limit_error",
  socket: "UNAVAILABLE",
  retry: true,
} as const;
export const quotaExceeded = { ...rateLimited, type: "insufficient_quota", retry: false } as const;
export const unavailable = { type: "server_error", socket: "UNAVAILABLE", retry: true } as const;
export const serverError = { type: "server_error", socket: "UNAVAILABLE", retry: false } as const;
export const specific = { common: false } as const;
export const common = { common: true } as const;
