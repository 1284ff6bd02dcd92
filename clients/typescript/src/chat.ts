/** Chat completions, complete or streamed. */
import { toFetchOptions, type RunRequestOptions } from "./call-options.ts";
import { openChatStream, type ChatCompletionStream } from "./chat-stream.ts";
import { createCaller, unwrap, type Api } from "./request.ts";
import { canRetryRun, type Retry } from "./retry.ts";
import type { ChatCompletion, ChatCompletionRequest } from "./schemas.ts";

export interface ChatCompletions {
  /** Resolves to the complete reply. With `stream: true`, resolves to a stream of chunks when the reply starts. */
  create(
    body: ChatCompletionRequest & { stream: true },
    options?: RunRequestOptions,
  ): Promise<ChatCompletionStream>;
  create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): Promise<ChatCompletion>;
  create(
    body: ChatCompletionRequest,
    options?: RunRequestOptions,
  ): Promise<ChatCompletion | ChatCompletionStream>;
}

export function createChatCompletions(api: Api, retry: Retry): ChatCompletions {
  const { run } = createCaller(retry);

  function complete(body: ChatCompletionRequest, options: RunRequestOptions): Promise<ChatCompletion> {
    return run(options, () => api.POST("/v1/chat/completions", { body, ...toFetchOptions(options) }));
  }

  function stream(body: ChatCompletionRequest, options: RunRequestOptions): Promise<ChatCompletionStream> {
    return openChatStream(options.signal, (signal) => {
      const init = { body, ...toFetchOptions({ ...options, signal }), parseAs: "stream" } as const;
      const call = () => unwrap(api.POST("/v1/chat/completions", init), signal);
      return retry(canRetryRun(options.idempotencyKey), signal, call);
    });
  }

  function create(
    body: ChatCompletionRequest & { stream: true },
    options?: RunRequestOptions,
  ): Promise<ChatCompletionStream>;
  function create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): Promise<ChatCompletion>;
  function create(
    body: ChatCompletionRequest,
    options: RunRequestOptions = {},
  ): Promise<ChatCompletion | ChatCompletionStream> {
    return body.stream === true ? stream(body, options) : complete(body, options);
  }

  return { create };
}
