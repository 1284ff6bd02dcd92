/** Options of a call, and their conversion to headers. */

export interface CallOptions {
  /** Aborts the request and the waits before retries. The call then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Headers of this request. They override the headers of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds that one attempt of this call may take. Default: `timeout` of the client. */
  readonly timeout?: number | undefined;
  /** Maximum number of retries of this call. Default: `maxRetries` of the client. */
  readonly maxRetries?: number | undefined;
}

export interface AgentOptions extends CallOptions {
  /** Id of the agent. It overrides the agent in `model`. */
  readonly agent?: string | undefined;
}

export interface RunRequestOptions extends AgentOptions {
  /** Key of the session to continue or to create. */
  readonly sessionKey?: string | undefined;
  /** A unique key for each new request. The gateway runs requests with the same key once. */
  readonly idempotencyKey?: string | undefined;
}

/** Returns the headers of a call. */
export function toHeaders({
  headers,
  agent,
  sessionKey,
  idempotencyKey,
}: RunRequestOptions): Readonly<Record<string, string>> {
  return {
    ...headers,
    ...(agent === undefined ? {} : { "x-openclaw-agent-id": agent }),
    ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
  };
}
