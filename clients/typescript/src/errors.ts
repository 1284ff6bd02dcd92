/** The one error of this client: a request was refused, failed midway, or got no proper answer. Aborts are not errors of ours. */
import type { ErrorBody } from "./schemas.ts";
import type { SocketError } from "./socket/types.ts";

/**
 * Codes of the client's own, beside the gateway's.
 * `connection_failed`: no answer, or one that was cut before its end. `invalid_response`: an answer that is not the
 * gateway's, for instance a proxy's page. `stream_cut`: a stream ended before its end was told, so it is not whole.
 * `connection_lost`: the socket was lost or closed before the answer came. `events_missed`: a loop did not read them.
 */
export type ClientErrorCode =
  "connection_failed" | "invalid_response" | "stream_cut" | "connection_lost" | "events_missed";

interface ErrorDetails {
  readonly code: string | null;
  readonly type?: string | null;
  readonly param?: string | null;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly shouldRetry?: boolean | undefined;
  readonly cause?: unknown;
}

export class GatewayRequestError extends Error {
  override readonly name = "GatewayRequestError";
  /** HTTP status of the error response. Undefined without one: no connection, or a stream that had begun well. */
  readonly status: number | undefined;
  /** What to branch on: a code of the gateway's error table, or a `ClientErrorCode`. */
  readonly code: string | null;
  /** OpenAI's error class, for instance `invalid_request_error`; null for the client's own codes. */
  readonly type: string | null;
  /** Path of the field at fault, for instance `messages[2].role`. */
  readonly param: string | null;
  /** Id of the request in the gateway's log. */
  readonly requestId: string | undefined;
  /** Seconds after which another try makes sense, when the gateway said. */
  readonly retryAfter: number | undefined;
  /** Whether another try can help, when the gateway said. It may still be a second run. */
  readonly shouldRetry: boolean | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.code = details.code;
    this.type = details.type ?? null;
    this.param = details.param ?? null;
    this.requestId = details.requestId;
    this.retryAfter = details.retryAfter;
    this.shouldRetry = details.shouldRetry;
  }
}

/** Knows the errors of other copies of this package too. */
export function isGatewayError(value: unknown): value is GatewayRequestError {
  return value instanceof Error && value.name === "GatewayRequestError";
}

/** What an error response says; `body` is its JSON, or its text when it is none. */
export function toResponseError({ status, headers }: Response, body: unknown): GatewayRequestError {
  const shouldRetry = headers.get("x-should-retry");
  const details = {
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfter: parseRetryAfter(headers.get("retry-after")),
    shouldRetry: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
  };
  if (isErrorBody(body)) return new GatewayRequestError(body.error.message, { ...body.error, ...details });
  return new GatewayRequestError(
    `HTTP ${status}, and not in the gateway's words: is something else at this address?`,
    { ...details, code: "invalid_response" satisfies ClientErrorCode },
  );
}

/** What a refused call of the socket says. Its `cause` is the error of the frame. */
export function toSocketError(error: SocketError | undefined): GatewayRequestError {
  const { code, message, details, retryable, retryAfterMs } = error ?? { code: null, message: "It failed." };
  const param = details?.["param"];
  return new GatewayRequestError(message, {
    code: typeof details?.["code"] === "string" ? details["code"] : code,
    param: typeof param === "string" ? param : null,
    retryAfter: retryAfterMs === undefined ? undefined : retryAfterMs / 1000,
    shouldRetry: retryable,
    cause: error,
  });
}

/** `Retry-After` is a number of seconds or a date. */
function parseRetryAfter(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

export function isErrorBody(value: unknown): value is ErrorBody {
  const error = (value as Partial<ErrorBody> | null | undefined)?.error;
  return typeof error?.message === "string";
}

/** What was thrown while a request was on its way: an abort stays what it is, the rest is an error of ours. */
export function toRequestError(thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return thrown;
  const code: ClientErrorCode = thrown instanceof SyntaxError ? "invalid_response" : "connection_failed";
  return new GatewayRequestError(`The request got no proper answer: ${findRootMessage(thrown)}`, {
    code,
    cause: thrown,
  });
}

/** The innermost message: `fetch` itself says no more than that it failed. */
function findRootMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.cause !== undefined) return findRootMessage(thrown.cause);
  // Failures on several addresses come as one error without a message.
  return thrown.message || (thrown as { code?: string }).code || thrown.name;
}
