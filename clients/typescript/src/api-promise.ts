/** The promise of a call: its result with the id of the request, and on demand the response. */

/** The id is not enumerable: copies and JSON of a result do not have it. */
export interface WithRequestId {
  /** Id of the request in the log of the gateway, as in OpenAI's SDK. */
  readonly _request_id?: string | null;
}

export interface ResultWithResponse<T> {
  readonly data: T;
  /** The response, with its status and headers. Its body is already read, or belongs to the stream. */
  readonly response: Response;
  readonly request_id: string | null;
}

export interface ApiPromise<T> extends Promise<T> {
  /** Resolves to the result with the response that it came from. */
  withResponse(): Promise<ResultWithResponse<T>>;
}

export interface Reply<T> {
  readonly data: T;
  readonly response: Response;
}

export function createApiPromise<T>(reply: Promise<Reply<T>>): ApiPromise<T> {
  const promise = reply.then(({ data }) => data);
  const withResponse = async (): Promise<ResultWithResponse<T>> => {
    // The caller handles the failure of this promise, not of the other one.
    promise.catch(() => {});
    const { data, response } = await reply;
    return { data, response, request_id: response.headers.get("x-request-id") };
  };
  return Object.assign(promise, { withResponse });
}
