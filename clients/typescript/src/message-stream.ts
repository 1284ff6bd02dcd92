/** A streamed message. It is complete when `message_stop` arrives. */
import type { Reply } from "./api-promise.ts";
import { parseFrame, readEvents, createStreamCutError } from "./event-stream.ts";
import { openReplyStream, type ReplyStream } from "./reply-stream.ts";
import type { MessageEvent } from "./schemas.ts";
import { getRequestId } from "./transport.ts";

export interface MessageStream extends ReplyStream<MessageEvent> {
  /** Reads the stream to its end and returns the text of the reply. */
  text(): Promise<string>;
}

export async function openMessageStream(
  callerSignal: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<Response>,
): Promise<Reply<MessageStream>> {
  const { data: stream, response } = await openReplyStream(callerSignal, open, readMessageEvents);
  const text = async (): Promise<string> => {
    let text = "";
    for await (const event of stream) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
    }
    return text;
  };
  return { data: { ...stream, text }, response };
}

async function* readMessageEvents(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<MessageEvent, void> {
  const requestId = getRequestId(response);
  for await (const data of readEvents(response, signal)) {
    signal.throwIfAborted();
    const event = parseFrame(data, requestId) as MessageEvent;
    yield event;
    if (event.type === "message_stop") return;
  }
  throw createStreamCutError(requestId);
}
