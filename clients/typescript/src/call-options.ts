/** What a call may be told beside its request, and how that is sent. */

export interface CallOptions {
  /** Aborting it ends the request; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with this request, over the client's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface AgentOptions extends CallOptions {
  /** Id of the agent that is asked, whatever `model` says. */
  readonly agent?: string | undefined;
}

export interface RunRequestOptions extends AgentOptions {
  /** Key of the conversation to continue or to begin. */
  readonly sessionKey?: string | undefined;
  /** A key of yours, new for every new request: the gateway runs the request once, however often it is sent. */
  readonly idempotencyKey?: string | undefined;
}

/** What `openapi-fetch` takes of the options. */
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

/** The fields that have a value. */
export function pickDefined<T extends object>(fields: T): DefinedFields<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedFields<T>;
}
