/** Chat completions: whole replies and streams of chunks. */
import { createChatStream, type ChatCompletionStream } from "./chat-stream.ts";
import { createAsking, initOf, succeeded, type Api, type CallOptions } from "./request.ts";
import { mayRunAgain, type Retry } from "./retry.ts";
import type { ChatCompletion, ChatCompletionRequest } from "./schemas.ts";

export interface ChatOptions extends CallOptions {
  /** Id of the agent that answers, whatever `model` says. */
  readonly agent?: string | undefined;
  /** Key of the conversation to continue or to begin. */
  readonly sessionKey?: string | undefined;
}

export interface ChatCompletions {
  /** With `stream: true` resolves when the reply begins, to its chunks; otherwise to the whole reply. */
  create(
    body: ChatCompletionRequest & { stream: true },
    options?: ChatOptions,
  ): Promise<ChatCompletionStream>;
  create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: ChatOptions,
  ): Promise<ChatCompletion>;
  create(body: ChatCompletionRequest, options?: ChatOptions): Promise<ChatCompletion | ChatCompletionStream>;
}

export function createChatCompletions(api: Api, retry: Retry): ChatCompletions {
  const { run } = createAsking(retry);

  function complete(body: ChatCompletionRequest, options: ChatOptions): Promise<ChatCompletion> {
    return run(options, () => api.POST("/v1/chat/completions", { body, ...runInitOf(options) }));
  }

  async function stream(body: ChatCompletionRequest, options: ChatOptions): Promise<ChatCompletionStream> {
    const own = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, own.signal]) : own.signal;
    const init = { body, ...runInitOf({ ...options, signal }), parseAs: "stream" } as const;
    const call = () => succeeded(api.POST("/v1/chat/completions", init), signal);
    const { data, response } = await retry(mayRunAgain, signal, call);
    return createChatStream(data, response.headers, signal, () => own.abort());
  }

  function create(
    body: ChatCompletionRequest & { stream: true },
    options?: ChatOptions,
  ): Promise<ChatCompletionStream>;
  function create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: ChatOptions,
  ): Promise<ChatCompletion>;
  function create(
    body: ChatCompletionRequest,
    options: ChatOptions = {},
  ): Promise<ChatCompletion | ChatCompletionStream> {
    return body.stream === true ? stream(body, options) : complete(body, options);
  }

  return { create };
}

/** For calls that an agent and a conversation can be named for. */
export function runInitOf({ agent, sessionKey, ...options }: ChatOptions): ReturnType<typeof initOf> {
  const { signal, headers } = initOf(options);
  return {
    signal,
    headers: {
      ...headers,
      ...(agent === undefined ? {} : { "x-openclaw-agent-id": agent }),
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    },
  };
}
