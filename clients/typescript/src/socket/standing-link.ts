/** A connection that stands: when it is lost another takes its place, for as long as that is wanted. */
import { GatewayRequestError, isGatewayError, type ClientErrorCode } from "../errors.ts";
import { mayReadAgain, waitFor, type Retry } from "../retry.ts";
import type { Link } from "./link.ts";
import type { HelloOk } from "./types.ts";

interface StandingOptions {
  open(): Promise<Link>;
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

export interface StandingLink {
  /** Of the connection there is, or of the last one. */
  readonly hello: HelloOk;
  /** The connection, when there is one. Rejects with the reason when there will be none. */
  link(): Promise<Link>;
  /** Aborted when there will be none, with the reason. */
  readonly ended: AbortSignal;
  close(): void;
}

export async function standLink(options: StandingOptions): Promise<StandingLink> {
  const { open, retry, signal, reconnectMs, onReconnected, onEnd } = options;
  const ending = new AbortController();
  const end = (error?: unknown): void => {
    ending.abort(error ?? closed());
    onEnd(error);
  };

  const reopen = async (failure: unknown): Promise<Link> => {
    const until = Date.now() + reconnectMs;
    for (let failures = 0; Date.now() < until; failures += 1) {
      await waitFor(failures, failure, ending.signal);
      try {
        return await open();
      } catch (thrown) {
        failure = thrown;
        if (!isGatewayError(thrown) || !mayConnectAgain(thrown)) break;
      }
    }
    end(failure);
    throw failure;
  };
  const stand = async (link: Link): Promise<void> => {
    for (;;) {
      const why = await link.lost;
      if (ending.signal.aborted) return;
      current = reopen(why);
      link = await current;
      ({ hello } = link);
      if (ending.signal.aborted) link.close();
      else onReconnected();
    }
  };

  const opening = retry(mayConnectAgain, signal, open);
  const first = await (signal === undefined ? opening : orAborted(opening, signal)).catch(
    (error: unknown) => {
      // It may still come about, and nobody wants it any more.
      opening.then(
        (link) => link.close(),
        () => {},
      );
      throw error;
    },
  );
  let { hello } = first;
  let current = Promise.resolve(first);
  // Why it ended is told to who asks for the link.
  stand(first).catch(() => {});

  return {
    get hello() {
      return hello;
    },
    link: () => orAborted(current, ending.signal),
    ended: ending.signal,
    close() {
      end();
      current.then(
        (link) => link.close(),
        () => {},
      );
    },
  };
}

/** As the promise, unless the signal is aborted first: then with its reason. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** As for reading: a connection that is made twice harms nobody. */
const mayConnectAgain = (error: GatewayRequestError): boolean =>
  error.code === "connection_lost" || mayReadAgain(error);

function closed(): GatewayRequestError {
  const code: ClientErrorCode = "connection_lost";
  return new GatewayRequestError("The socket was closed.", { code });
}
