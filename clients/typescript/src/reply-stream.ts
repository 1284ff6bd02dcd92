/** Common parts of all reply streams: metadata, the single read, and the abort. */
import type { Reply } from "./api-promise.ts";
import { getRequestId } from "./transport.ts";

/**
 * A stream that can be read once. The loop ends normally only when the reply is complete. Otherwise it throws: the
 * gateway's error, `stream_cut`, or the reason of the aborted signal. Leaving the loop aborts the request.
 */
export interface ReplyStream<Event> extends AsyncIterable<Event> {
  /** Id of the request in the log of the gateway. */
  readonly requestId: string | undefined;
  /** Id of the agent that replies. */
  readonly agentId: string | undefined;
  /** Full key of the stored session. Pass it as `sessionKey` to continue. Undefined when nothing is stored. */
  readonly sessionKey: string | undefined;
  /** Aborts the request. The gateway stops the run, unless it is a background run. */
  abort(): void;
}

/** `open` sends the request and `read` reads the response. Their signal is aborted by the caller or by `abort()`. */
export async function openReplyStream<Event>(
  callerSignal: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<Response>,
  read: (response: Response, signal: AbortSignal) => AsyncIterable<Event>,
): Promise<Reply<ReplyStream<Event>>> {
  const controller = new AbortController();
  const signal = callerSignal ? AbortSignal.any([callerSignal, controller.signal]) : controller.signal;
  const response = await open(signal);
  const { headers } = response;
  let isRead = false;

  async function* events(): AsyncGenerator<Event, void> {
    try {
      yield* read(response, signal);
    } finally {
      controller.abort();
    }
  }

  const stream: ReplyStream<Event> = {
    requestId: getRequestId(response),
    agentId: headers.get("x-openclaw-agent-id") ?? undefined,
    sessionKey: headers.get("x-openclaw-session-key") ?? undefined,
    abort: () => controller.abort(),
    [Symbol.asyncIterator]: () => {
      if (isRead) throw new TypeError("This stream was already read: a stream can be read once.");
      isRead = true;
      return events();
    },
  };
  return { data: stream, response };
}
