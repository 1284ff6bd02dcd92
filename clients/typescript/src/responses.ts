/** Responses: made, looked up, told again, cancelled, deleted. */
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
  /** Asks for its events, those that were and then those to come. */
  readonly stream?: boolean | undefined;
  /** With `stream`: only events with a greater `sequence_number`: to go on behind the last one that came. */
  readonly startingAfter?: number | undefined;
}

export interface InputItemsOptions extends CallOptions {
  /** Oldest or newest first; `desc` unless set. */
  readonly order?: "asc" | "desc" | undefined;
  /** Id of the item behind which the list begins. */
  readonly after?: string | undefined;
  /** Items that are asked for at once, 1–100; 20 unless set. */
  readonly limit?: number | undefined;
}

export interface Responses {
  /**
   * With `stream: true` resolves when the response begins, to its events; otherwise to the response, which with
   * `background: true` is still to be made: look it up, stream it or cancel it by its id.
   */
  create(body: ResponseRequest & { stream: true }, options?: RunRequestOptions): Promise<ResponseStream>;
  create(
    body: ResponseRequest & { stream?: false | null },
    options?: RunRequestOptions,
  ): Promise<AgentResponse>;
  create(body: ResponseRequest, options?: RunRequestOptions): Promise<AgentResponse | ResponseStream>;
  /** A stored response as it is now, or with `stream: true` its events. */
  retrieve(id: string, options: RetrieveOptions & { stream: true }): Promise<ResponseStream>;
  retrieve(id: string, options?: CallOptions & { stream?: false }): Promise<AgentResponse>;
  /** Stops a response in the background, and resolves to it; one that has ended stays as it is. */
  cancel(id: string, options?: CallOptions): Promise<AgentResponse>;
  /** Deletes a stored response; one that is being made is cancelled first. */
  delete(id: string, options?: CallOptions): Promise<ResponseDeleted>;
  /** What a stored response was asked; asked for page by page, as it is read. */
  inputItems(id: string, options?: InputItemsOptions): AsyncIterable<ResponseInputItem>;
  /** Has the agent's model write a summary that can stand for the conversation. */
  compact(body: ResponseCompactRequest, options?: AgentOptions): Promise<ResponseCompacted>;
  /** About how many tokens a request would have. No model is asked. */
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

/** The cast: of a field that can only be null `openapi-fetch` thinks that it cannot be sent. */
function toRequestOptions(
  body: object,
  options: RunRequestOptions,
): ReturnType<typeof toFetchOptions> & { readonly body: never } {
  return { body: body as never, ...toFetchOptions(options) };
}
