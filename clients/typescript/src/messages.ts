/** Messages, Anthropic's API: complete or streamed. */
import { createApiPromise, type ApiPromise, type WithRequestId } from "./api-promise.ts";
import type { AgentOptions, CallOptions, RunRequestOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { openMessageStream, type MessageStream } from "./message-stream.ts";
import type { Message, MessagesRequest, MessageTokensRequest, MessageTokens } from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface Messages {
  /**
   * Ask an agent for a message.
   *
   * Runs an agent on a conversation and returns its reply in Anthropic's form, at once or as a stream. A
   * stream begins with `message_start` and ends with `message_stop`; a failure is an `error` event, and
   * nothing follows it. A `ping` comes after 10 s without another event. A call of one of your tools ends the
   * reply; send its result with the next request. Closing the connection aborts the run. The credential may
   * come as `x-api-key`, which decides over `Authorization` here.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.messages.enabled` is true.
   *
   * @remarks With `stream: true`, resolves to a stream of events when the reply starts.
   * @see POST /v1/messages
   */
  create(body: MessagesRequest & { stream: true }, options?: RunRequestOptions): ApiPromise<MessageStream>;
  create(
    body: MessagesRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): ApiPromise<Message & WithRequestId>;
  create(
    body: MessagesRequest,
    options?: RunRequestOptions,
  ): ApiPromise<(Message & WithRequestId) | MessageStream>;
  /**
   * Count the tokens of a message request.
   *
   * Returns how many tokens the model would read for this request, including the agent's own instructions and
   * tools. No model is called. OpenAI, Gemini and Anthropic-compatible providers count the tokens. For other
   * providers, and when the provider does not answer within five seconds, the gateway estimates the number
   * and sends `x-openclaw-token-count: estimate`.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.messages.enabled` is true.
   * @see POST /v1/messages/count_tokens
   */
  countTokens(
    body: MessageTokensRequest,
    options?: CallOptions & Omit<AgentOptions, "sessionKey">,
  ): ApiPromise<MessageTokens & WithRequestId>;
}

/** Messages alone, for small bundles. */
export function createMessages(options: ClientOptions = {}): Messages {
  return bindMessages(createTransport(options));
}

const path = "/v1/messages";

export function bindMessages({ read, run, openRun }: Transport): Messages {
  const create = (
    body: MessagesRequest,
    options: RunRequestOptions = {},
  ): ApiPromise<Message | MessageStream> => {
    if (body.stream !== true) return run("post", path, { body }, options);
    const open = (signal: AbortSignal): Promise<Response> =>
      openRun("post", path, { body }, { ...options, signal });
    return createApiPromise(openMessageStream(options.signal, open));
  };
  return {
    create: create as Messages["create"],
    countTokens: (body, options = {}) => read("post", "/v1/messages/count_tokens", { body }, options),
  };
}
