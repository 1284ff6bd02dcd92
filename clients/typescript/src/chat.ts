/** Chat completions: whole replies and streams of chunks. */
import { initOf, type AskOptions } from "./call-options.ts";
import { openChatStream, type ChatCompletionStream } from "./chat-stream.ts";
import { createAsking, succeeded, type Api } from "./request.ts";
import { mayRunAgain, type Retry } from "./retry.ts";
import type { ChatCompletion, ChatCompletionRequest } from "./schemas.ts";

export interface ChatCompletions {
  /** With `stream: true` resolves when the reply begins, to its chunks; otherwise to the whole reply. */
  create(body: ChatCompletionRequest & { stream: true }, options?: AskOptions): Promise<ChatCompletionStream>;
  create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: AskOptions,
  ): Promise<ChatCompletion>;
  create(body: ChatCompletionRequest, options?: AskOptions): Promise<ChatCompletion | ChatCompletionStream>;
}

export function createChatCompletions(api: Api, retry: Retry): ChatCompletions {
  const { run } = createAsking(retry);

  function complete(body: ChatCompletionRequest, options: AskOptions): Promise<ChatCompletion> {
    return run(options, () => api.POST("/v1/chat/completions", { body, ...initOf(options) }));
  }

  function stream(body: ChatCompletionRequest, options: AskOptions): Promise<ChatCompletionStream> {
    return openChatStream(options.signal, (signal) => {
      const init = { body, ...initOf({ ...options, signal }), parseAs: "stream" } as const;
      const call = () => succeeded(api.POST("/v1/chat/completions", init), signal);
      return retry(mayRunAgain(options.idempotencyKey), signal, call);
    });
  }

  function create(
    body: ChatCompletionRequest & { stream: true },
    options?: AskOptions,
  ): Promise<ChatCompletionStream>;
  function create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: AskOptions,
  ): Promise<ChatCompletion>;
  function create(
    body: ChatCompletionRequest,
    options: AskOptions = {},
  ): Promise<ChatCompletion | ChatCompletionStream> {
    return body.stream === true ? stream(body, options) : complete(body, options);
  }

  return { create };
}
