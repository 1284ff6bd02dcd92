/** A streamed chat completion. It is complete when `[DONE]` arrives. */
import type { Reply } from "./api-promise.ts";
import { parseFrame, readEvents, createStreamCutError } from "./event-stream.ts";
import { openReplyStream, type ReplyStream } from "./reply-stream.ts";
import type { ChatCompletionChunk } from "./schemas.ts";
import { getRequestId } from "./transport.ts";

export interface ChatCompletionStream extends ReplyStream<ChatCompletionChunk> {
  /** Reads the stream to its end and returns the text of the reply. */
  text(): Promise<string>;
}

export async function openChatStream(
  callerSignal: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<Response>,
): Promise<Reply<ChatCompletionStream>> {
  const { data: stream, response } = await openReplyStream(callerSignal, open, readChunks);
  const text = async (): Promise<string> => {
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  };
  return { data: { ...stream, text }, response };
}

async function* readChunks(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<ChatCompletionChunk, void> {
  const requestId = getRequestId(response);
  for await (const data of readEvents(response, signal)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield parseFrame(data, requestId) as ChatCompletionChunk;
  }
  throw createStreamCutError(requestId);
}
