/** A streamed reply: the chunks of one response, as they arrive. */
import { GatewayRequestError, isErrorBody, type ClientErrorCode } from "./errors.ts";
import type { ChatCompletionChunk } from "./schemas.ts";
import { createEventParser } from "./sse.ts";

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
    const parse = createEventParser();
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read().catch((thrown: unknown) => {
          throw signal.aborted ? signal.reason : streamCut(requestId, thrown);
        });
        if (done) throw streamCut(requestId);
        for (const data of parse(value)) {
          if (data === "[DONE]") return;
          signal.throwIfAborted();
          yield chunkOf(data, requestId);
        }
      }
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

function chunkOf(data: string, requestId: string | undefined): ChatCompletionChunk {
  const frame = parseJson(data, requestId);
  if (isErrorBody(frame)) throw new GatewayRequestError(frame.error.message, { ...frame.error, requestId });
  return frame as ChatCompletionChunk;
}

function parseJson(data: string, requestId: string | undefined): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    const code: ClientErrorCode = "invalid_response";
    throw new GatewayRequestError("The stream has an event that is not JSON.", { code, requestId, cause });
  }
}

function streamCut(requestId: string | undefined, cause?: unknown): GatewayRequestError {
  const code: ClientErrorCode = "stream_cut";
  return new GatewayRequestError("The stream ended before its [DONE]: the reply is not whole.", {
    code,
    requestId,
    cause,
  });
}
