/** Options of a client, and their defaults from the environment. */

/** One attempt of a request. */
export interface AttemptInfo {
  readonly method: string;
  readonly url: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

export interface RequestInfo extends AttemptInfo {
  /** Headers of the request, with the credential. A hook may change them, for example to add `traceparent`. */
  readonly headers: Headers;
}

export interface ResponseInfo extends AttemptInfo {
  readonly status: number;
  /** Id of the request in the log of the gateway. */
  readonly requestId: string | undefined;
  /** Milliseconds from the start of the attempt to the headers of its response. */
  readonly durationMs: number;
}

export interface RetryInfo extends AttemptInfo {
  /** Why the attempt failed. */
  readonly error: unknown;
  /** Milliseconds until the next attempt. */
  readonly waitMs: number;
}

/** Functions that the client calls, for logs, metrics and traces. A hook that throws fails its call. */
export interface Hooks {
  /** Called before each attempt. */
  onRequest?(info: RequestInfo): void;
  /** Called when the headers of a response have arrived, also of an error. */
  onResponse?(info: ResponseInfo): void;
  /** Called when an attempt has failed and before the wait for the next one. */
  onRetry?(info: RetryInfo): void;
}

export interface ClientOptions {
  /**
   * URL of the gateway, for example `http://127.0.0.1:18789`. Default: the environment variable `OPENCLAW_GATEWAY_URL`,
   * else that example.
   */
  readonly baseUrl?: string | undefined;
  /**
   * The secret of the gateway, or of a named key. Default: the environment variable `OPENCLAW_GATEWAY_TOKEN`. Null sends
   * no credential.
   */
  readonly token?: string | null | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Milliseconds that one attempt may take: to the end of a whole reply, or to the start of a stream. Then the call
   * rejects with the code `timeout`. Default: 600 000, ten minutes. `Infinity` means no limit.
   */
  readonly timeout?: number | undefined;
  /** Maximum number of retries of a failed call. Default: 2. A call is not retried when that could start a second run. */
  readonly maxRetries?: number | undefined;
  /** Functions that the client calls, for logs, metrics and traces. */
  readonly hooks?: Hooks | undefined;
}

export interface ResolvedOptions {
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly hooks: Hooks;
}

export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const baseUrl = options.baseUrl ?? readEnvironment("OPENCLAW_GATEWAY_URL") ?? "http://127.0.0.1:18789";
  const token = options.token === undefined ? readEnvironment("OPENCLAW_GATEWAY_TOKEN") : options.token;
  return {
    // OpenClaw's tools name the gateway by the address of its WebSocket, and OpenAI's SDKs by that of `/v1`.
    baseUrl: baseUrl.replace(/^ws/, "http").replace(/\/+$|\/v1\/*$/, ""),
    token: token ?? undefined,
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    headers: options.headers ?? {},
    timeout: options.timeout ?? 600_000,
    maxRetries: options.maxRetries ?? 2,
    hooks: options.hooks ?? {},
  };
}

interface HostGlobals {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** Returns undefined for an empty variable, and where there is no environment: in browsers, and in Deno without permission. */
function readEnvironment(name: string): string | undefined {
  try {
    return (globalThis as HostGlobals).process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
