/** A streamed reply: the chunks of one response, as they arrive. */
import { frameOf, readEvents, streamCut } from "./event-stream.ts";
import type { ChatCompletionChunk } from "./schemas.ts";

/**
 * Can be read once, by iterating or by `text()`. Reading ends well only when the gateway said that the reply is whole;
 * otherwise it throws: the gateway's error, `stream_cut`, or the reason of an abort. Leaving the loop ends the request.
 */
export interface ChatCompletionStream extends AsyncIterable<ChatCompletionChunk> {
  /** Id of the request in the gateway's log. */
  readonly requestId: string | undefined;
  /** The agent that answers. */
  readonly agentId: string | undefined;
  /** Full key of the conversation when one is stored: pass it as `sessionKey` to continue. */
  readonly sessionKey: string | undefined;
  /** Ends the request, read or not; the gateway stops the run. */
  abort(): void;
  /** The whole text of the reply. */
  text(): Promise<string>;
}

/** `abort` has to end the request and abort `signal`. */
export function createChatStream(
  body: ReadableStream<Uint8Array>,
  headers: Headers,
  signal: AbortSignal,
  abort: () => void,
): ChatCompletionStream {
  const requestId = headers.get("x-request-id") ?? undefined;
  let taken = false;

  const take = (): AsyncGenerator<ChatCompletionChunk, void> => {
    if (taken) throw new TypeError("This stream is read already: a stream can be read once.");
    taken = true;
    return chunks();
  };

  async function* chunks(): AsyncGenerator<ChatCompletionChunk, void> {
    try {
      for await (const data of readEvents(body, signal, requestId)) {
        if (data === "[DONE]") return;
        signal.throwIfAborted();
        yield frameOf(data, requestId) as ChatCompletionChunk;
      }
      throw streamCut(requestId);
    } finally {
      abort();
    }
  }

  return {
    requestId,
    agentId: headers.get("x-openclaw-agent-id") ?? undefined,
    sessionKey: headers.get("x-openclaw-session-key") ?? undefined,
    abort,
    [Symbol.asyncIterator]: take,
    text: async () => {
      let text = "";
      for await (const chunk of take()) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    },
  };
}
