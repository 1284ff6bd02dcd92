/** A streamed chat reply: its chunks as they arrive, whole with `[DONE]`. */
import { frameOf, readEvents, streamCut } from "./event-stream.ts";
import { openReply, requestIdOf, type Opened, type ReplyStream } from "./reply-stream.ts";
import type { ChatCompletionChunk } from "./schemas.ts";

export interface ChatCompletionStream extends ReplyStream<ChatCompletionChunk> {
  /** Reads to the end: the whole text of the reply. */
  text(): Promise<string>;
}

export async function openChatStream(
  asked: AbortSignal | undefined,
  open: (signal: AbortSignal) => Promise<Opened>,
): Promise<ChatCompletionStream> {
  const stream = await openReply(asked, open, chunksOf);
  return {
    ...stream,
    text: async () => {
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    },
  };
}

async function* chunksOf(opened: Opened, signal: AbortSignal): AsyncGenerator<ChatCompletionChunk, void> {
  const requestId = requestIdOf(opened);
  for await (const data of readEvents(opened.data, signal, requestId)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield frameOf(data, requestId) as ChatCompletionChunk;
  }
  throw streamCut(requestId);
}
