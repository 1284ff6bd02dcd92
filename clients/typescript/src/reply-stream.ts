/** What the streams of all replies share: who answers, that they are read once, and how they end. */
import type { Success } from "./request.ts";

/**
 * Can be read once. Reading ends well only when the gateway said that the reply is whole; otherwise it throws: the
 * gateway's error, `stream_cut`, or the reason of an abort. Leaving the loop ends the request.
 */
export interface ReplyStream<Event> extends AsyncIterable<Event> {
  /** Id of the request in the gateway's log. */
  readonly requestId: string | undefined;
  /** The agent that answers. */
  readonly agentId: string | undefined;
  /** Full key of the conversation when one is stored: pass it as `sessionKey` to continue. */
  readonly sessionKey: string | undefined;
  /** Ends the request, read or not; the gateway stops the run, unless it is in the background. */
  abort(): void;
}

/** An answer that has begun. */
export type StreamResponse = Success<ReadableStream<Uint8Array>>;

/** `open` asks, and `read` reads the answer, both with a signal that the caller's and the stream's own abort. */
export async function openReplyStream<Event>(
  callerSignal: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<StreamResponse>,
  read: (response: StreamResponse, signal: AbortSignal) => AsyncIterable<Event>,
): Promise<ReplyStream<Event>> {
  const controller = new AbortController();
  const signal = callerSignal ? AbortSignal.any([callerSignal, controller.signal]) : controller.signal;
  const streamResponse = await open(signal);
  const { headers } = streamResponse.response;
  let isRead = false;

  async function* events(): AsyncGenerator<Event, void> {
    try {
      yield* read(streamResponse, signal);
    } finally {
      controller.abort();
    }
  }

  return {
    requestId: getRequestId(streamResponse),
    agentId: headers.get("x-openclaw-agent-id") ?? undefined,
    sessionKey: headers.get("x-openclaw-session-key") ?? undefined,
    abort: () => controller.abort(),
    [Symbol.asyncIterator]: () => {
      if (isRead) throw new TypeError("This stream is read already: a stream can be read once.");
      isRead = true;
      return events();
    },
  };
}

export function getRequestId({ response }: StreamResponse): string | undefined {
  return response.headers.get("x-request-id") ?? undefined;
}
