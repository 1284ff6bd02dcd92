/** A connection that is replaced when it is lost, until it is closed. */
import { GatewayRequestError, isGatewayError, type ClientErrorCode } from "../errors.ts";
import { canRetryRead, retry, waitBeforeRetry, type RetryOptions } from "../retry.ts";
import type { Connection } from "./connection.ts";
import type { HelloOk } from "./types.ts";

/** `maxRetries` and `onRetry` are for the first attempt. */
interface ReconnectOptions extends Pick<RetryOptions, "maxRetries" | "onRetry"> {
  open(): Promise<Connection>;
  /** Aborts the first attempt. */
  readonly signal: AbortSignal | undefined;
  /** Time limit for replacing a lost connection. */
  readonly reconnectMs: number;
  /** Called when the connection is lost and will be replaced. */
  onDisconnect(error: unknown): void;
  onReconnected(): void;
  /** Called once, when there will be no further connection. `error` is undefined after `close()`. */
  onEnd(error?: unknown): void;
}

export interface ReconnectingConnection {
  /** The hello result of the current connection, or of the last one. */
  readonly hello: HelloOk;
  /** Resolves to the current or the next connection. Rejects with the reason when there will be none. */
  current(): Promise<Connection>;
  /** Aborted with the reason when there will be no further connection. */
  readonly closedSignal: AbortSignal;
  close(): void;
}

export async function openReconnectingConnection(options: ReconnectOptions): Promise<ReconnectingConnection> {
  const { open, maxRetries, onRetry, signal, reconnectMs, onDisconnect, onReconnected, onEnd } = options;
  const closing = new AbortController();
  const end = (error?: unknown): void => {
    closing.abort(error ?? createClosedError());
    onEnd(error);
  };

  const reopen = async (failure: unknown): Promise<Connection> => {
    const until = Date.now() + reconnectMs;
    for (let failures = 0; Date.now() < until; failures += 1) {
      await waitBeforeRetry(failures, failure, closing.signal);
      try {
        return await open();
      } catch (thrown) {
        failure = thrown;
        if (!isGatewayError(thrown) || !canReconnect(thrown)) break;
      }
    }
    end(failure);
    throw failure;
  };
  const keepConnected = async (connection: Connection): Promise<void> => {
    for (;;) {
      const error = await connection.closed;
      if (closing.signal.aborted) return;
      onDisconnect(error);
      current = reopen(error);
      connection = await current;
      ({ hello } = connection);
      if (closing.signal.aborted) connection.close();
      else onReconnected();
    }
  };

  const firstAttempt = retry({ maxRetries, onRetry, signal, canRetry: canReconnect }, open);
  const first = await (signal === undefined ? firstAttempt : raceAbort(firstAttempt, signal)).catch(
    (error: unknown) => {
      // Closes the connection if the aborted attempt still succeeds.
      firstAttempt.then(
        (connection) => connection.close(),
        () => {},
      );
      throw error;
    },
  );
  let { hello } = first;
  let current = Promise.resolve(first);
  // `current()` rejects with the same reason.
  keepConnected(first).catch(() => {});

  return {
    get hello() {
      return hello;
    },
    current: () => raceAbort(current, closing.signal),
    closedSignal: closing.signal,
    close() {
      end();
      current.then(
        (connection) => connection.close(),
        () => {},
      );
    },
  };
}

/** Settles like the promise. Rejects with the reason of the signal when it is aborted first. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A second connection has no side effects, so the rules for reads apply. */
const canReconnect = (error: GatewayRequestError): boolean =>
  error.code === "connection_lost" || canRetryRead(error);

function createClosedError(): GatewayRequestError {
  const code: ClientErrorCode = "connection_lost";
  return new GatewayRequestError("The socket was closed.", { code });
}
