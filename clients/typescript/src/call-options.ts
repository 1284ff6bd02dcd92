/** Options of a call, and their conversion to fetch options. */

export interface CallOptions {
  /** Aborts the request. The call then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Headers of this request. They override the headers of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
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

/** Converts call options to options of `openapi-fetch`. */
export function toFetchOptions({ signal, headers, agent, sessionKey, idempotencyKey }: RunRequestOptions): {
  readonly signal: AbortSignal | null;
  readonly headers: Readonly<Record<string, string>>;
} {
  const gatewayHeaders = pickDefined({
    "x-openclaw-agent-id": agent,
    "x-openclaw-session-key": sessionKey,
    "idempotency-key": idempotencyKey,
  });
  return { signal: signal ?? null, headers: { ...headers, ...gatewayHeaders } };
}

type DefinedFields<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the fields that are not undefined. */
export function pickDefined<T extends object>(fields: T): DefinedFields<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedFields<T>;
}
