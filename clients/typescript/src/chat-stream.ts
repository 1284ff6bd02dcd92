/** A streamed chat completion. It is complete when `[DONE]` arrives. */
import { parseFrame, readEvents, createStreamCutError } from "./event-stream.ts";
import { openReplyStream, getRequestId, type StreamResponse, type ReplyStream } from "./reply-stream.ts";
import type { ChatCompletionChunk } from "./schemas.ts";

export interface ChatCompletionStream extends ReplyStream<ChatCompletionChunk> {
  /** Reads the stream to its end and returns the text of the reply. */
  text(): Promise<string>;
}

export async function openChatStream(
  callerSignal: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<StreamResponse>,
): Promise<ChatCompletionStream> {
  const stream = await openReplyStream(callerSignal, open, readChunks);
  return {
    ...stream,
    text: async () => {
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    },
  };
}

async function* readChunks(
  response: StreamResponse,
  signal: AbortSignal,
): AsyncGenerator<ChatCompletionChunk, void> {
  const requestId = getRequestId(response);
  for await (const data of readEvents(response.data, signal, requestId)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield parseFrame(data, requestId) as ChatCompletionChunk;
  }
  throw createStreamCutError(requestId);
}
