/** The error class of the client, for rejected and failed requests. An aborted call rejects with the reason of its signal. */
import type { GatewayErrorCode, OperationErrorCodes } from "./generated/error-codes.ts";
import type { ErrorBody, MessagesErrorBody } from "./schemas.ts";
import type { SocketError } from "./socket/types.ts";

/**
 * Error codes of the client, besides the codes of the gateway.
 * - `connection_failed`: the request got no response, or an incomplete one.
 * - `invalid_response`: the response is not from a gateway, for example a page of a proxy.
 * - `stream_cut`: the stream ended before its final event.
 * - `timeout`: the request took longer than the `timeout` of the call or of the client.
 * - `output_incomplete`: the output ended before it was complete, because of a limit or a filter.
 * - `output_invalid`: the output does not match its schema.
 * - `connection_lost`: the socket was closed before the response arrived.
 * - `events_missed`: events were dropped because the loop did not read them in time.
 */
export type ClientErrorCode =
  | "connection_failed"
  | "invalid_response"
  | "stream_cut"
  | "timeout"
  | "output_incomplete"
  | "output_invalid"
  | "connection_lost"
  | "events_missed";

export type { GatewayErrorCode, OperationErrorCodes };

/** The known codes. Others are possible: the gateway may be newer than this package, and sockets have codes of their own. */
export type ErrorCode = GatewayErrorCode | ClientErrorCode | (string & {});

/** The codes of one operation, named by its `operationId` in openapi.yaml, and those of the client. Others are possible. */
export type OperationErrorCode<Operation extends keyof OperationErrorCodes> =
  OperationErrorCodes[Operation] | ClientErrorCode | (string & {});

interface ErrorDetails<Code = ErrorCode> {
  readonly code: Code | null;
  readonly type?: string | null;
  readonly param?: string | null;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly shouldRetry?: boolean | undefined;
  readonly cause?: unknown;
}

export class GatewayRequestError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "GatewayRequestError";
  /** HTTP status of the error response. Undefined when there was no response, or when a stream failed after it started. */
  readonly status: number | undefined;
  /** A code of the gateway's error table, or a `ClientErrorCode`. */
  readonly code: Code | null;
  /** OpenAI's or Anthropic's error type, for example `invalid_request_error`. Null for a `ClientErrorCode`. */
  readonly type: string | null;
  /** Path of the invalid field, for example `messages[2].role`. */
  readonly param: string | null;
  /** Id of the request in the log of the gateway. */
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry. Undefined when the gateway did not send it. */
  readonly retryAfter: number | undefined;
  /** Whether a retry can succeed. A retry may start a second run. Undefined when the gateway did not send it. */
  readonly shouldRetry: boolean | undefined;

  constructor(message: string, details: ErrorDetails<Code>) {
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

/**
 * Works for errors of other copies of this package too, unlike `instanceof`. With an operation, as in
 * `isGatewayError<"createChatCompletion">(error)`, the type of `code` has the codes of that operation only.
 */
export function isGatewayError(value: unknown): value is GatewayRequestError;
export function isGatewayError<Operation extends keyof OperationErrorCodes>(
  value: unknown,
): value is GatewayRequestError<OperationErrorCode<Operation>>;
export function isGatewayError(value: unknown): value is GatewayRequestError {
  return value instanceof Error && value.name === "GatewayRequestError";
}

/** Converts an error response. `body` is its JSON, or undefined when it has none. */
export function toResponseError({ status, headers }: Response, body: unknown): GatewayRequestError {
  const shouldRetry = headers.get("x-should-retry");
  const details = {
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfter: parseRetryAfter(headers.get("retry-after")),
    shouldRetry: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
  };
  if (isErrorBody(body))
    return new GatewayRequestError(body.error.message, { ...readError(body), ...details });
  return new GatewayRequestError(
    `HTTP ${status} without the gateway's error body: is another server at this address?`,
    { ...details, code: "invalid_response" satisfies ClientErrorCode },
  );
}

/** `reason` is why the output of a model ended too early, for example `length`. */
export function createIncompleteError(
  reason: string,
  requestId: string | null | undefined,
): GatewayRequestError {
  const code: ClientErrorCode = "output_incomplete";
  return new GatewayRequestError(`The output is incomplete: ${reason}.`, {
    code,
    requestId: requestId ?? undefined,
  });
}

/** Converts the error of a socket call. The `cause` is the error object of the frame. */
export function toSocketError(error: SocketError | undefined): GatewayRequestError {
  const { code, message, details, retryable, retryAfterMs } = error ?? {
    code: null,
    message: "The call failed.",
  };
  const param = details?.["param"];
  return new GatewayRequestError(message, {
    code: typeof details?.["code"] === "string" ? details["code"] : code,
    param: typeof param === "string" ? param : null,
    retryAfter: retryAfterMs === undefined ? undefined : retryAfterMs / 1000,
    shouldRetry: retryable,
    cause: error,
  });
}

/** `Retry-After` is a number of seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function parseRetryAfter(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

export function isErrorBody(value: unknown): value is ErrorBody | MessagesErrorBody {
  const error = (value as Partial<ErrorBody> | null | undefined)?.error;
  return typeof error?.message === "string";
}

/** Returns the fields of an error. Those of messages have the gateway's own fields in `details`. */
export function readError({
  error,
}: ErrorBody | MessagesErrorBody): Pick<ErrorDetails, "code" | "type" | "param"> {
  if (!("details" in error)) return error;
  const { error_code: code, param } = error.details;
  return { type: error.type, code, param };
}

/** Converts what a request threw. The reason of an aborted signal is returned unchanged. */
export function toRequestError(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isGatewayError(thrown)) return thrown;
  const code: ClientErrorCode = "connection_failed";
  return new GatewayRequestError(`The request got no complete response: ${findRootMessage(thrown)}`, {
    code,
    cause: thrown,
  });
}

/** Returns the innermost message. The outer message of `fetch` is only "fetch failed". */
function findRootMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.cause !== undefined) return findRootMessage(thrown.cause);
  // An `AggregateError` of several addresses has no message.
  return thrown.message || (thrown as { code?: string }).code || thrown.name;
}
