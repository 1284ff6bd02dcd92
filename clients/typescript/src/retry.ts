/** Retries failed calls when a retry can succeed and cannot start a second run. */
import { isGatewayError, type GatewayRequestError } from "./errors.ts";

export interface RetryOptions {
  /** Maximum number of retries. */
  readonly maxRetries: number;
  readonly canRetry: (error: GatewayRequestError) => boolean;
  /** Aborting it also ends the wait before a retry. */
  readonly signal: AbortSignal | undefined;
  /** Called before the wait. `attempt` is the number of the failed attempt. */
  readonly onRetry?: ((attempt: number, error: unknown, waitMs: number) => void) | undefined;
}

const baseWaitMs = 500;
const maxWaitMs = 8_000;
/** With a longer `Retry-After` the call rejects instead of waiting. */
const maxRetryAfterSeconds = 30;

/** Calls `call` and retries it while `canRetry` accepts its error. */
export async function retry<T>(
  { maxRetries, canRetry, signal, onRetry }: RetryOptions,
  call: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (thrown) {
      if (!(attempt <= maxRetries) || !isGatewayError(thrown) || !canRetry(thrown)) throw thrown;
      if ((thrown.retryAfter ?? 0) > maxRetryAfterSeconds) throw thrown;
      const waitMs = computeWait(attempt - 1, thrown);
      onRetry?.(attempt, thrown, waitMs);
      await wait(waitMs, signal);
    }
  }
}

/** For requests without side effects. */
export function canRetryRead({ code, status, shouldRetry }: GatewayRequestError): boolean {
  if (shouldRetry !== undefined) return shouldRetry;
  if (status === undefined) return code === "connection_failed" || code === "timeout";
  return status === 408 || status === 429 || status >= 500;
}

/** For runs: true when no run can have started, or when the idempotency key prevents a second run. */
export function canRetryRun(idempotencyKey: string | undefined): (error: GatewayRequestError) => boolean {
  return ({ code, shouldRetry, cause }) => {
    if (shouldRetry === false) return false;
    // Not `shutting_down`: a run that the stopping gateway aborted has this code too.
    if (code === "server_overloaded" || code === "session_busy" || hasNeverConnected(cause)) return true;
    return (
      idempotencyKey !== undefined &&
      (code === "connection_failed" || code === "timeout" || code === "idempotency_in_progress")
    );
  };
}

/** Error codes of Node, Deno and Bun for a connection that was never established. Browsers have no such codes. */
const connectErrorCodes = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
]);

function hasNeverConnected(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return connectErrorCodes.has((cause as { code?: unknown }).code) || hasNeverConnected(cause.cause);
}

/** Waits after a failure. `retries` is the number of earlier retries. */
export function waitBeforeRetry(
  retries: number,
  failure: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  return wait(computeWait(retries, failure), signal);
}

/**
 * `retryAfter` of the error plus an exponential backoff. The backoff is reduced by up to half at random, so that clients
 * do not retry at the same time.
 */
function computeWait(retries: number, failure: unknown): number {
  const backOff = Math.min(maxWaitMs, baseWaitMs * 2 ** retries) * (1 - Math.random() / 2);
  return Math.round(backOff) + (isGatewayError(failure) ? (failure.retryAfter ?? 0) * 1000 : 0);
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted === true) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
  });
}
