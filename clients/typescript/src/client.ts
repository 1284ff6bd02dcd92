/** The client: every call of the API, typed by the contract. */
import createFetchClient from "openapi-fetch";
import type { paths } from "./generated/openapi.ts";
import { createChatStream, type ChatCompletionStream } from "./chat-stream.ts";
import { errorOfFailure, errorOfResponse } from "./errors.ts";
import { createRetry, mayReadAgain, mayRunAgain } from "./retry.ts";
import type {
  ChatCompletion,
  ChatCompletionRequest,
  Health,
  Model,
  ModelList,
  Readiness,
} from "./schemas.ts";

export interface ClientOptions {
  /** The gateway's address, for instance `http://127.0.0.1:18789`, without `/v1`. */
  readonly baseUrl: string;
  /** The gateway's secret or a key of it; none when the gateway asks for none. */
  readonly token?: string | undefined;
  /** Sends the requests instead of the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How often a call that failed is repeated, where that can be no second run; 2 unless set, 0 for never. */
  readonly maxRetries?: number | undefined;
}

export interface CallOptions {
  /** Aborting it ends the request; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with this request, over the client's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ChatOptions extends CallOptions {
  /** Id of the agent that answers, whatever `model` says. */
  readonly agent?: string | undefined;
  /** Key of the conversation to continue or to begin. */
  readonly sessionKey?: string | undefined;
}

/** All calls reject with a `GatewayRequestError`, or with the reason of an abort. */
export interface GatewayClient {
  readonly chat: {
    readonly completions: {
      /** With `stream: true` resolves when the reply begins, to its chunks; otherwise to the whole reply. */
      create(
        body: ChatCompletionRequest & { stream: true },
        options?: ChatOptions,
      ): Promise<ChatCompletionStream>;
      create(
        body: ChatCompletionRequest & { stream?: false | null },
        options?: ChatOptions,
      ): Promise<ChatCompletion>;
      create(
        body: ChatCompletionRequest,
        options?: ChatOptions,
      ): Promise<ChatCompletion | ChatCompletionStream>;
    };
  };
  /** The agents, under the names that `model` takes. */
  readonly models: {
    list(options?: CallOptions): Promise<ModelList>;
    retrieve(id: string, options?: CallOptions): Promise<Model>;
  };
  /** Resolves when the process is alive. Needs no credential, and is never repeated. */
  health(options?: CallOptions): Promise<Health>;
  /** Whether the gateway takes requests: `ready` is false while it stops. Needs no credential, and is never repeated. */
  ready(options?: CallOptions): Promise<Readiness>;
}

export function createClient(options: ClientOptions): GatewayClient {
  const { baseUrl, token, fetch, headers, maxRetries = 2 } = options;
  const retry = createRetry(maxRetries);
  const api = createFetchClient<paths, "application/json">({
    baseUrl,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(fetch === undefined ? {} : { fetch }),
  });

  async function complete(body: ChatCompletionRequest, options: ChatOptions): Promise<ChatCompletion> {
    const { signal } = options;
    const call = () => succeeded(api.POST("/v1/chat/completions", { body, ...initOf(options) }), signal);
    return (await retry(mayRunAgain, signal, call)).data;
  }

  async function stream(body: ChatCompletionRequest, options: ChatOptions): Promise<ChatCompletionStream> {
    const own = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, own.signal]) : own.signal;
    const init = { body, ...initOf({ ...options, signal }), parseAs: "stream" } as const;
    const call = () => succeeded(api.POST("/v1/chat/completions", init), signal);
    const { data, response } = await retry(mayRunAgain, signal, call);
    return createChatStream(data, response.headers, signal, () => own.abort());
  }

  function create(
    body: ChatCompletionRequest & { stream: true },
    options?: ChatOptions,
  ): Promise<ChatCompletionStream>;
  function create(
    body: ChatCompletionRequest & { stream?: false | null },
    options?: ChatOptions,
  ): Promise<ChatCompletion>;
  function create(
    body: ChatCompletionRequest,
    options: ChatOptions = {},
  ): Promise<ChatCompletion | ChatCompletionStream> {
    return body.stream === true ? stream(body, options) : complete(body, options);
  }

  return {
    chat: { completions: { create } },
    models: {
      list: async (options = {}) => {
        const { signal } = options;
        const call = () => succeeded(api.GET("/v1/models", initOf(options)), signal);
        return (await retry(mayReadAgain, signal, call)).data;
      },
      retrieve: async (id, options = {}) => {
        const { signal } = options;
        const init = { params: { path: { model: id } }, ...initOf(options) };
        const call = () => succeeded(api.GET("/v1/models/{model}", init), signal);
        return (await retry(mayReadAgain, signal, call)).data;
      },
    },
    health: async (options = {}) =>
      (await succeeded(api.GET("/healthz", initOf(options)), options.signal)).data,
    ready: async (options = {}) => {
      const { data, error, response } = await answered(api.GET("/readyz", initOf(options)), options.signal);
      // Not ready is an answer, not a failure.
      const readiness: unknown = data ?? error;
      if (isReadiness(readiness)) return readiness;
      throw errorOfResponse(response, error);
    },
  };
}

function initOf({ signal, headers, agent, sessionKey }: ChatOptions): {
  readonly signal: AbortSignal | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
} {
  return {
    signal: signal ?? null,
    headers: {
      ...headers,
      ...(agent === undefined ? {} : { "x-openclaw-agent-id": agent }),
      ...(sessionKey === undefined ? {} : { "x-openclaw-session-key": sessionKey }),
    },
  };
}

function isReadiness(value: unknown): value is Readiness {
  return typeof (value as Partial<Readiness> | null | undefined)?.ready === "boolean";
}

type Answer<Data, Failure> =
  | { readonly data: Data; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: Failure; readonly response: Response };

/** The answer, whatever its status. */
async function answered<A>(call: Promise<A>, signal: AbortSignal | undefined): Promise<A> {
  try {
    return await call;
  } catch (thrown) {
    throw errorOfFailure(thrown, signal);
  }
}

/** The answer, when it is a success. */
async function succeeded<Data>(
  call: Promise<Answer<Data, unknown>>,
  signal: AbortSignal | undefined,
): Promise<{ readonly data: NonNullable<Data>; readonly response: Response }> {
  const { data, error, response } = await answered(call, signal);
  if (data === undefined || data === null) throw errorOfResponse(response, error);
  return { data, response };
}
