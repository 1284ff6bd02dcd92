/** The one error class: a code of the contract's table, a message for people, and what a caller may do about it. */
import { errorTable, type ErrorCode } from "../contracts/errors.ts";

export interface ErrorDetails {
  /** Path of the field at fault, as the caller wrote it. */
  readonly param?: string | undefined;
  /** For the log only. */
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number | undefined;
  /** Overrules the table's word on retries. */
  readonly retry?: boolean | undefined;
}

export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;
  readonly retry: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.retry = details.retry ?? errorTable[code].retry;
  }
}

/** Anything thrown, as an error that may be shown: what is not ours becomes `internal_error` with the cause kept. */
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
