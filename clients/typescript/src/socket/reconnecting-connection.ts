/** A connection that stands: when it is lost another takes its place, for as long as that is wanted. */
import { GatewayRequestError, isGatewayError, type ClientErrorCode } from "../errors.ts";
import { canRetryRead, waitBeforeRetry, type Retry } from "../retry.ts";
import type { Connection } from "./connection.ts";
import type { HelloOk } from "./types.ts";

interface ReconnectOptions {
  open(): Promise<Connection>;
  /** Repeats the first attempt. */
  readonly retry: Retry;
  /** Ends the first attempt. */
  readonly signal: AbortSignal | undefined;
  /** How long a lost connection is tried to be replaced. */
  readonly reconnectMs: number;
  onReconnected(): void;
  /** There will be no connection any more: without an error when it was closed. */
  onEnd(error?: unknown): void;
}

export interface ReconnectingConnection {
  /** Of the connection there is, or of the last one. */
  readonly hello: HelloOk;
  /** The connection, when there is one. Rejects with the reason when there will be none. */
  current(): Promise<Connection>;
  /** Aborted when there will be none, with the reason. */
  readonly closedSignal: AbortSignal;
  close(): void;
}

export async function openReconnectingConnection(options: ReconnectOptions): Promise<ReconnectingConnection> {
  const { open, retry, signal, reconnectMs, onReconnected, onEnd } = options;
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
      current = reopen(error);
      connection = await current;
      ({ hello } = connection);
      if (closing.signal.aborted) connection.close();
      else onReconnected();
    }
  };

  const firstAttempt = retry(canReconnect, signal, open);
  const first = await (signal === undefined ? firstAttempt : raceAbort(firstAttempt, signal)).catch(
    (error: unknown) => {
      // It may still come about, and nobody wants it any more.
      firstAttempt.then(
        (connection) => connection.close(),
        () => {},
      );
      throw error;
    },
  );
  let { hello } = first;
  let current = Promise.resolve(first);
  // Why it ended is told to who asks for the link.
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

/** As the promise, unless the signal is aborted first: then with its reason. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** As for reading: a connection that is made twice harms nobody. */
const canReconnect = (error: GatewayRequestError): boolean =>
  error.code === "connection_lost" || canRetryRead(error);

function createClosedError(): GatewayRequestError {
  const code: ClientErrorCode = "connection_lost";
  return new GatewayRequestError("The socket was closed.", { code });
}
