/** Responses: create, parse, retrieve, stream, cancel and delete. */
import { createApiPromise, type ApiPromise, type WithRequestId } from "./api-promise.ts";
import type { AgentOptions, RunRequestOptions, CallOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { createIncompleteError } from "./errors.ts";
import { requestPages, type PagePromise } from "./pages.ts";
import {
  openResponseStream,
  outputText,
  type ResponseStream,
  type ResponseStreamDeps,
} from "./response-stream.ts";
import type {
  AgentResponse,
  ResponseCompacted,
  ResponseCompactRequest,
  ResponseDeleted,
  ResponseInputItem,
  ResponseInputItems,
  ResponseInputTokens,
  ResponseInputTokensRequest,
  ResponseRequest,
} from "./schemas.ts";
import type { OutputFormat } from "./structured-output.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface RetrieveOptions extends CallOptions {
  /** Streams the events of the response, from the first one on. */
  readonly stream?: boolean | undefined;
  /** With `stream`: resumes after the event with this `sequence_number`. */
  readonly startingAfter?: number | undefined;
}

export interface InputItemsOptions extends CallOptions {
  /** `asc`: oldest first. `desc`: newest first. Default: `desc`. */
  readonly order?: "asc" | "desc" | undefined;
  /** Starts the list after the item with this id. */
  readonly after?: string | undefined;
  /** Items per request, 1–100. Default: 20. */
  readonly limit?: number | undefined;
}

/** A response with `output_parsed`: the output, or null for a refusal and for calls of your tools. */
export type ParsedResponse<Output> = AgentResponse & WithRequestId & { output_parsed: Output | null };

export interface Responses {
  /**
   * Ask an agent for a response.
   *
   * Runs an agent and returns its response, as JSON or as a stream. The name of an event is its `type`. A
   * stream ends with `response.completed`, `response.incomplete` or `response.failed`; a failure is an
   * `error` event before `response.failed`, and no `[DONE]` follows. A call of one of your tools ends the
   * response; send the result with your next request. Closing the connection aborts the run, unless it is in
   * the background or the gateway is configured to let runs of stored sessions finish. As a WebSocket, the
   * same path answers `response.create` frames with the same events: see /docs/socket.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   *
   * @remarks With `stream: true`, resolves to a stream of events when the response starts. With `background:
   * true`, resolves at once to the queued response; retrieve, stream or cancel it by its id.
   * @see POST /v1/responses
   */
  create(body: ResponseRequest & { stream: true }, options?: RunRequestOptions): ApiPromise<ResponseStream>;
  create(
    body: ResponseRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): ApiPromise<AgentResponse & WithRequestId>;
  create(
    body: ResponseRequest,
    options?: RunRequestOptions,
  ): ApiPromise<(AgentResponse & WithRequestId) | ResponseStream>;
  /**
   * Asks for output that matches a schema, and parses it. `text.format` is made by `textFormat`. Rejects with
   * `output_incomplete` or `output_invalid` when there is no such output.
   */
  parse<Output>(
    body: ResponseRequest & {
      stream?: false | null;
      background?: false | null;
      text: { format: NonNullable<ResponseRequest["text"]>["format"] & OutputFormat<Output> };
    },
    options?: RunRequestOptions,
  ): ApiPromise<ParsedResponse<Output>>;
  /**
   * Retrieve a response.
   *
   * Returns the current state of a stored response. With `stream=true` the events of a background response
   * are sent again from the first one, with the same sequence numbers, and new events follow. The events of
   * another response are not stored: when it has ended they are built from it, with one delta for each part
   * and sequence numbers of their own, which never change. The stream of a failed response ends with the
   * error of its run, which has a code of `createResponse`. Other query parameters are accepted and ignored.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   *
   * @remarks With `stream: true`, resolves to a stream of its events.
   * @see GET /v1/responses/{response_id}
   */
  retrieve(id: string, options: RetrieveOptions & { stream: true }): ApiPromise<ResponseStream>;
  retrieve(id: string, options?: CallOptions & { stream?: false }): ApiPromise<AgentResponse & WithRequestId>;
  /**
   * Cancel a background response.
   *
   * Stops a response of a request with `background: true` and returns it as `cancelled`. A response that has
   * ended is returned unchanged. One that is not in the background is 400 `invalid_value`: close its
   * connection instead.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/responses/{response_id}/cancel
   */
  cancel(id: string, options?: CallOptions): ApiPromise<AgentResponse & WithRequestId>;
  /**
   * Delete a response.
   *
   * Deletes a stored response and its events; a response in progress is cancelled first. Responses that
   * continue it keep its conversation.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see DELETE /v1/responses/{response_id}
   */
  delete(id: string, options?: CallOptions): ApiPromise<ResponseDeleted & WithRequestId>;
  /**
   * List the input of a response.
   *
   * Lists the input of a stored response, without the input of the responses before it. The next page starts
   * `after` the `last_id` of this one. Other query parameters are accepted and ignored.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see GET /v1/responses/{response_id}/input_items
   */
  inputItems(id: string, options?: InputItemsOptions): PagePromise<ResponseInputItems, ResponseInputItem>;
  /**
   * Compact a conversation.
   *
   * The agent's model writes a summary that replaces the conversation. Start the next request with `output`
   * unchanged, followed by what is new: the result cannot be continued by its id. Instructions are followed
   * but not kept: send them again. Use the same credential: `encrypted_content` is bound to it.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/responses/compact
   */
  compact(
    body: ResponseCompactRequest,
    options?: AgentOptions,
  ): ApiPromise<ResponseCompacted & WithRequestId>;
  /**
   * Count input tokens.
   *
   * Returns how many tokens the model would read for this request, including the agent's own instructions and
   * tools. No model is called. OpenAI, Gemini and Anthropic-compatible providers count the tokens. For other
   * providers, and when the provider does not answer within five seconds, the gateway estimates the number
   * and sends `x-openclaw-token-count: estimate`.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.responses.enabled` is true.
   * @see POST /v1/responses/input_tokens
   */
  inputTokens(
    body: ResponseInputTokensRequest,
    options?: AgentOptions,
  ): ApiPromise<ResponseInputTokens & WithRequestId>;
}

/** Responses alone, for small bundles. */
export function createResponses(options: ClientOptions = {}): Responses {
  return bindResponses(createTransport(options));
}

export function bindResponses({ read, run, openRead, openRun, options: defaults }: Transport): Responses {
  const createReopen =
    (options: CallOptions): ResponseStreamDeps["reopen"] =>
    (id, after, signal) =>
      openRead(
        "get",
        "/v1/responses/{response_id}",
        { path: { response_id: id }, query: { stream: "true", starting_after: after } },
        { ...options, signal, maxRetries: 0 },
      );

  const create = (
    body: ResponseRequest,
    options: RunRequestOptions = {},
  ): ApiPromise<AgentResponse | ResponseStream> => {
    if (body.stream !== true) return run("post", "/v1/responses", { body }, options);
    const stream = openResponseStream(options.signal, {
      maxRetries: options.maxRetries ?? defaults.maxRetries,
      open: (signal) => openRun("post", "/v1/responses", { body }, { ...options, signal }),
      reopen: createReopen(options),
    });
    return createApiPromise(stream);
  };

  const retrieve = (
    id: string,
    { stream, startingAfter, ...options }: RetrieveOptions = {},
  ): ApiPromise<AgentResponse | ResponseStream> => {
    const path = { response_id: id };
    if (stream !== true) return read("get", "/v1/responses/{response_id}", { path }, options);
    const query = { stream: "true", starting_after: startingAfter } as const;
    const events = openResponseStream(options.signal, {
      maxRetries: options.maxRetries ?? defaults.maxRetries,
      open: (signal) =>
        openRead("get", "/v1/responses/{response_id}", { path, query }, { ...options, signal }),
      reopen: createReopen(options),
      id,
      after: startingAfter,
    });
    return createApiPromise(events);
  };

  return {
    create: create as Responses["create"],
    retrieve: retrieve as Responses["retrieve"],
    parse: (body, options = {}) =>
      run("post", "/v1/responses", { body }, options, (response) =>
        parseResponse(response, body.text.format),
      ),
    cancel: (id, options = {}) =>
      run("post", "/v1/responses/{response_id}/cancel", { path: { response_id: id } }, options),
    delete: (id, options = {}) =>
      run("delete", "/v1/responses/{response_id}", { path: { response_id: id } }, options),
    inputItems: (id, { order, after, limit, ...options } = {}) =>
      requestPages<ResponseInputItems, ResponseInputItem, string>({
        request: (cursor = after, finish) => {
          const parts = { path: { response_id: id }, query: { order, after: cursor, limit } };
          return read("get", "/v1/responses/{response_id}/input_items", parts, options, finish);
        },
        getItems: ({ data }) => data,
        getNextCursor: ({ has_more: hasMore, last_id: lastId }) => (hasMore ? lastId : null),
      }),
    compact: (body, options = {}) => run("post", "/v1/responses/compact", { body }, options),
    inputTokens: (body, options = {}) => read("post", "/v1/responses/input_tokens", { body }, options),
  };
}

async function parseResponse<Output>(
  response: AgentResponse & WithRequestId,
  format: OutputFormat<Output>,
): Promise<ParsedResponse<Output>> {
  if (response.status === "incomplete")
    throw createIncompleteError(response.incomplete_details?.reason ?? "incomplete", response._request_id);
  const text = outputText(response);
  const parsed = text === "" ? null : await format.parseOutput(text, response._request_id);
  return Object.assign(response, { output_parsed: parsed });
}
