/** Repeats a call that failed, where that can help and does no harm: to read again is harmless, a second run is not. */
import { isGatewayError, type GatewayRequestError } from "./errors.ts";

/** Runs the call, and again while it fails in a way that may be repeated. Aborting the signal ends the waiting too. */
export type Retry = <T>(
  canRetry: (error: GatewayRequestError) => boolean,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
) => Promise<T>;

const baseWaitMs = 500;
const maxWaitMs = 8_000;
/** Whoever is told to come back later than this is told so by the error. */
const maxRetryAfterSeconds = 30;

export function createRetry(maxRetries: number): Retry {
  return async (canRetry, signal, call) => {
    for (let retries = 0; ; retries += 1) {
      try {
        return await call();
      } catch (thrown) {
        if (!(retries < maxRetries) || !isGatewayError(thrown) || !canRetry(thrown)) throw thrown;
        if ((thrown.retryAfter ?? 0) > maxRetryAfterSeconds) throw thrown;
        await waitBeforeRetry(retries, thrown, signal);
      }
    }
  };
}

/** For calls that change nothing. */
export function canRetryRead({ code, status, shouldRetry }: GatewayRequestError): boolean {
  if (shouldRetry !== undefined) return shouldRetry;
  if (status === undefined) return code === "connection_failed";
  return status === 408 || status === 429 || status >= 500;
}

/** For runs: only when it is certain that none began, or that the gateway runs the request once, which a key makes it do. */
export function canRetryRun(idempotencyKey: string | undefined): (error: GatewayRequestError) => boolean {
  return ({ code, shouldRetry, cause }) => {
    if (shouldRetry === false) return false;
    // Not `shutting_down`: a run that the gateway's stop has ended says that too.
    if (code === "server_overloaded" || code === "session_busy" || hasNeverConnected(cause)) return true;
    return (
      idempotencyKey !== undefined && (code === "connection_failed" || code === "idempotency_in_progress")
    );
  };
}

/** Node's and undici's words for a connection that was never made. Browsers do not tell: there it is never certain. */
const connectErrorCodes = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function hasNeverConnected(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return connectErrorCodes.has((cause as { code?: unknown }).code) || hasNeverConnected(cause.cause);
}

/**
 * Waits before the next try: for as long as the failure asks, and twice as long each time, less up to a half by chance,
 * since clients that failed together should not come back together.
 */
export function waitBeforeRetry(
  retries: number,
  failure: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  const backOff = Math.min(maxWaitMs, baseWaitMs * 2 ** retries) * (1 - Math.random() / 2);
  const retryAfterMs = isGatewayError(failure) ? (failure.retryAfter ?? 0) * 1000 : 0;
  return wait(retryAfterMs + backOff, signal);
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
