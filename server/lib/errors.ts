/** The gateway's error class: a code of the error table, a message for people, and retry hints. */
import { errorTable, type ErrorCode } from "../../contracts/errors.ts";

/** What is left of a limit of requests. */
export interface RequestLimit {
  readonly limit: number;
  readonly remaining: number;
  /** Time at which the whole limit is there again, in milliseconds. */
  readonly resetAt: number;
}

export interface ErrorDetails {
  /** Path of the invalid field, as the caller wrote it. */
  readonly param?: string | undefined;
  /** For the log only. */
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number | undefined;
  /** The limit that rejected the request, for its headers. */
  readonly requestLimit?: RequestLimit | undefined;
  /** Overrides the error table's `retry`. */
  readonly retry?: boolean | undefined;
}

export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;
  readonly requestLimit: RequestLimit | undefined;
  readonly retry: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.requestLimit = details.requestLimit;
    this.retry = details.retry ?? errorTable[code].retry;
  }
}

const maxCauses = 4;

/** An error with its causes, for the log: "fetch failed" alone does not say why. */
export function describeError(error: unknown, remaining = maxCauses): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error instanceof AggregateError ? (error.errors[0] ?? error.cause) : error.cause;
  if (cause === undefined || remaining === 0) return String(error);
  return `${String(error)} (${describeError(cause, remaining - 1)})`;
}

/** Codes whose messages the gateway writes itself. Other messages may repeat a prompt, which must not be logged. */
const loggableCodes: ReadonlySet<ErrorCode> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_auth",
  "run_timeout",
  "storage_unavailable",
  "internal_error",
  "server_overloaded",
  "shutting_down",
]);

/** Whether the message may be written to the log. */
export function hasLoggableMessage({ code }: GatewayError): boolean {
  return loggableCodes.has(code);
}

/** Ids of the requests whose log line already names the error. One abort reason may end several requests. */
const loggedRequests = new WeakMap<GatewayError, Set<string>>();

/** Records that a log line of this request names the error, so that an outer layer does not log it again. */
export function markLogged(error: GatewayError, requestId: string): void {
  const requestIds = loggedRequests.get(error) ?? new Set();
  loggedRequests.set(error, requestIds.add(requestId));
}

export function isLogged(error: GatewayError, requestId: string): boolean {
  return loggedRequests.get(error)?.has(requestId) === true;
}

/** Converts anything thrown. Unknown errors become `internal_error`; the original is the `cause`. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError(
    "internal_error",
    "The gateway failed; its log has the cause under this request's id.",
    {
      cause: thrown,
    },
  );
}

/** Returns a function that creates the error for a request that finds no capacity. */
export const createOverloadedError = (reason: string) => (): GatewayError =>
  new GatewayError("server_overloaded", `${reason}; try again in a moment.`, { retryAfterSeconds: 5 });
