/** Responses: create, retrieve, stream, cancel and delete. */
import {
  pickDefined,
  toFetchOptions,
  type AgentOptions,
  type RunRequestOptions,
  type CallOptions,
} from "./call-options.ts";
import { createCaller, unwrap, type Api } from "./request.ts";
import { openResponseStream, type ResponseStream, type ResponseStreamDeps } from "./response-stream.ts";
import { canRetryRead, canRetryRun, type Retry } from "./retry.ts";
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

export interface Responses {
  /**
   * Resolves to the complete response. With `stream: true`, resolves to a stream of events when the response starts.
   * With `background: true`, resolves at once to the queued response; retrieve, stream or cancel it by its id.
   */
  create(body: ResponseRequest & { stream: true }, options?: RunRequestOptions): Promise<ResponseStream>;
  create(
    body: ResponseRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): Promise<AgentResponse>;
  create(body: ResponseRequest, options?: RunRequestOptions): Promise<AgentResponse | ResponseStream>;
  /** Resolves to the current state of a stored response. With `stream: true`, resolves to a stream of its events. */
  retrieve(id: string, options: RetrieveOptions & { stream: true }): Promise<ResponseStream>;
  retrieve(id: string, options?: CallOptions & { stream?: false }): Promise<AgentResponse>;
  /** Cancels a background response and resolves to it. A response that has ended does not change. */
  cancel(id: string, options?: CallOptions): Promise<AgentResponse>;
  /** Deletes a stored response. A response in progress is cancelled first. */
  delete(id: string, options?: CallOptions): Promise<ResponseDeleted>;
  /** Iterates over the input items of a stored response. Pages are requested as they are read. */
  inputItems(id: string, options?: InputItemsOptions): AsyncIterable<ResponseInputItem>;
  /** Compacts a conversation: resolves to items with a summary that replaces it. */
  compact(body: ResponseCompactRequest, options?: AgentOptions): Promise<ResponseCompacted>;
  /** Estimates the input tokens of a request without calling a model. */
  inputTokens(body: ResponseInputTokensRequest, options?: AgentOptions): Promise<ResponseInputTokens>;
}

export function createResponses(api: Api, retry: Retry): Responses {
  const { read, run } = createCaller(retry);
  const toPathOptions = (id: string, options: CallOptions) => ({
    params: { path: { response_id: id } },
    ...toFetchOptions(options),
  });

  const createReopen =
    ({ headers }: CallOptions): ResponseStreamDeps["reopen"] =>
    (id, after, signal) => {
      const query = { stream: "true", ...pickDefined({ starting_after: after }) } as const;
      const init = { params: { path: { response_id: id }, query }, ...toFetchOptions({ headers, signal }) };
      const call = api.GET("/v1/responses/{response_id}", { ...init, parseAs: "stream" });
      return unwrap(call, signal);
    };

  function create(
    body: ResponseRequest,
    options: RunRequestOptions = {},
  ): Promise<AgentResponse | ResponseStream> {
    if (body.stream !== true)
      return run(options, () => api.POST("/v1/responses", toRequestOptions(body, options)));
    return openResponseStream(options.signal, {
      retry,
      open: (signal) => {
        const init = { ...toRequestOptions(body, { ...options, signal }), parseAs: "stream" } as const;
        const call = () => unwrap(api.POST("/v1/responses", init), signal);
        return retry(canRetryRun(options.idempotencyKey), signal, call);
      },
      reopen: createReopen(options),
    });
  }

  function retrieve(
    id: string,
    { stream, startingAfter, ...options }: RetrieveOptions = {},
  ): Promise<AgentResponse | ResponseStream> {
    if (stream !== true)
      return read(options, () => api.GET("/v1/responses/{response_id}", toPathOptions(id, options)));
    const reopenStream = createReopen(options);
    return openResponseStream(options.signal, {
      retry,
      open: (signal) => retry(canRetryRead, signal, () => reopenStream(id, startingAfter, signal)),
      reopen: reopenStream,
      id,
      after: startingAfter,
    });
  }

  async function* inputItems(
    id: string,
    { order, after, limit, ...options }: InputItemsOptions,
  ): AsyncGenerator<ResponseInputItem, void> {
    for (let cursor: string | null | undefined = after; cursor !== null;) {
      const params = { path: { response_id: id }, query: pickDefined({ order, after: cursor, limit }) };
      const page: ResponseInputItems = await read(options, () =>
        api.GET("/v1/responses/{response_id}/input_items", { params, ...toFetchOptions(options) }),
      );
      yield* page.data;
      cursor = page.has_more ? page.last_id : null;
    }
  }

  return {
    create: create as Responses["create"],
    retrieve: retrieve as Responses["retrieve"],
    cancel: (id, options = {}) =>
      run(options, () => api.POST("/v1/responses/{response_id}/cancel", toPathOptions(id, options))),
    delete: (id, options = {}) =>
      run(options, () => api.DELETE("/v1/responses/{response_id}", toPathOptions(id, options))),
    inputItems: (id, options = {}) => inputItems(id, options),
    compact: (body, options = {}) =>
      run(options, () => api.POST("/v1/responses/compact", toRequestOptions(body, options))),
    inputTokens: (body, options = {}) =>
      read(options, () => api.POST("/v1/responses/input_tokens", toRequestOptions(body, options))),
  };
}

/** The cast is needed for fields whose only type is null: `openapi-fetch` removes them from the body type. */
function toRequestOptions(
  body: object,
  options: RunRequestOptions,
): ReturnType<typeof toFetchOptions> & { readonly body: never } {
  return { body: body as never, ...toFetchOptions(options) };
}
