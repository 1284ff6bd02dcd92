/** Chat completions: complete, streamed, or parsed by a schema. */
import { createApiPromise, type ApiPromise, type WithRequestId } from "./api-promise.ts";
import type { RunRequestOptions } from "./call-options.ts";
import { openChatStream, type ChatCompletionStream } from "./chat-stream.ts";
import type { ClientOptions } from "./client-options.ts";
import { createIncompleteError } from "./errors.ts";
import type { ChatCompletion, ChatCompletionRequest } from "./schemas.ts";
import type { OutputFormat } from "./structured-output.ts";
import { createTransport, type Transport } from "./transport.ts";

type Choice = ChatCompletion["choices"][number];

/** A completion whose messages have `parsed`: the output, or null for a refusal and for calls of your tools. */
export interface ParsedChatCompletion<Output> extends Omit<ChatCompletion, "choices"> {
  choices: (Omit<Choice, "message"> & { message: Choice["message"] & { parsed: Output | null } })[];
}

export interface ChatCompletions {
  /**
   * Ask an agent.
   *
   * Runs an agent on a conversation and returns its reply, at once or as a stream. A call of one of your
   * tools ends the run; send its result with the next request. Closing the connection aborts the run, unless
   * `gateway.http.onDisconnect` is `finish` and the run has a session.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.chatCompletions.enabled` is true.
   *
   * @remarks With `stream: true`, resolves to a stream of chunks when the reply starts.
   * @see POST /v1/chat/completions
   */
  create(
    body: ChatCompletionRequest & { stream: true },
    options?: RunRequestOptions,
  ): ApiPromise<ChatCompletionStream>;
  create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): ApiPromise<ChatCompletion & WithRequestId>;
  create(
    body: ChatCompletionRequest,
    options?: RunRequestOptions,
  ): ApiPromise<(ChatCompletion & WithRequestId) | ChatCompletionStream>;
  /**
   * Asks for output that matches a schema, and parses it. `response_format` is made by `responseFormat`. Rejects with
   * `output_incomplete` or `output_invalid` when there is no such output.
   */
  parse<Output>(
    body: ChatCompletionRequest & {
      stream?: false | null;
      response_format: ChatCompletionRequest["response_format"] & OutputFormat<Output>;
    },
    options?: RunRequestOptions,
  ): ApiPromise<ParsedChatCompletion<Output> & WithRequestId>;
}

/** Chat completions alone, for small bundles. */
export interface Chat {
  readonly completions: ChatCompletions;
}

export function createChat(options: ClientOptions = {}): Chat {
  return { completions: bindChatCompletions(createTransport(options)) };
}

const path = "/v1/chat/completions";

export function bindChatCompletions({ run, openRun }: Transport): ChatCompletions {
  const create = (
    body: ChatCompletionRequest,
    options: RunRequestOptions = {},
  ): ApiPromise<ChatCompletion | ChatCompletionStream> => {
    if (body.stream !== true) return run("post", path, { body }, options);
    const open = (signal: AbortSignal): Promise<Response> =>
      openRun("post", path, { body }, { ...options, signal });
    return createApiPromise(openChatStream(options.signal, open));
  };
  const parse: ChatCompletions["parse"] = (body, options = {}) =>
    run("post", path, { body }, options, (completion) => parseChoices(completion, body.response_format));
  return { create: create as ChatCompletions["create"], parse };
}

async function parseChoices<Output>(
  completion: ChatCompletion & WithRequestId,
  format: OutputFormat<Output>,
): Promise<ParsedChatCompletion<Output> & WithRequestId> {
  for (const { message, finish_reason: reason } of completion.choices) {
    if (reason === "length" || reason === "content_filter")
      throw createIncompleteError(reason, completion._request_id);
    const hasOutput = reason === "stop" && typeof message.content === "string" && !message.refusal;
    const parsed = hasOutput ? await format.parseOutput(message.content ?? "", completion._request_id) : null;
    Object.assign(message, { parsed });
  }
  return completion as ParsedChatCompletion<Output>;
}
