/** The client: typed calls of every endpoint of the gateway. */
import createFetchClient from "openapi-fetch";
import {
  toFetchOptions,
  type AgentOptions,
  type RunRequestOptions,
  type CallOptions,
} from "./call-options.ts";
import { createChatCompletions, type ChatCompletions } from "./chat.ts";
import { toResponseError } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { settleCall, createCaller, unwrap } from "./request.ts";
import { createResponses, type Responses } from "./responses.ts";
import { createRetry } from "./retry.ts";
import type {
  EmbeddingList,
  EmbeddingRequest,
  Health,
  InvokeToolRequest,
  Model,
  ModelList,
  Readiness,
  ToolInvocation,
} from "./schemas.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { connectSocket, type ConnectOptions, type GatewaySocket } from "./socket/gateway-socket.ts";

export interface ClientOptions {
  /** Base URL of the gateway without `/v1`, for example `http://127.0.0.1:18789`. */
  readonly baseUrl: string;
  /** The secret of the gateway, or of a named key. Omit it when the gateway requires none. */
  readonly token?: string | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Maximum number of retries of a failed call. Default: 2. A call is not retried when that could start a second run. */
  readonly maxRetries?: number | undefined;
}

/** Every call rejects with a `GatewayRequestError`, or with the reason of its aborted signal. */
export interface GatewayClient {
  readonly chat: { readonly completions: ChatCompletions };
  readonly responses: Responses;
  readonly embeddings: {
    /** Creates embeddings of texts with the embedding model of an agent. */
    create(body: EmbeddingRequest, options?: AgentOptions): Promise<EmbeddingList>;
  };
  /** The agents, listed under the values of `model`. */
  readonly models: {
    list(options?: CallOptions): Promise<ModelList>;
    retrieve(id: string, options?: CallOptions): Promise<Model>;
  };
  /** Tools of the agents, invoked without a model. */
  readonly tools: {
    /** Invokes a tool and resolves to its output. With `dryRun: true`, resolves to the decision of the policy. Rejects when the tool fails. */
    invoke(body: InvokeToolRequest, options?: RunRequestOptions): Promise<ToolInvocation>;
  };
  /** Stored sessions. */
  readonly sessions: Sessions;
  /** Opens a WebSocket for calls, events and runs. It reconnects until it is closed. */
  connect(options?: ConnectOptions): Promise<GatewaySocket>;
  /** Resolves when the gateway is alive. Requires no credential, and is not retried. */
  health(options?: CallOptions): Promise<Health>;
  /** Resolves to whether the gateway accepts requests. `ready` is false while it stops. Requires no credential, and is not retried. */
  ready(options?: CallOptions): Promise<Readiness>;
}

export function createClient(options: ClientOptions): GatewayClient {
  const { baseUrl, token, fetch, headers, maxRetries = 2 } = options;
  const retry = createRetry(maxRetries);
  const { read, run } = createCaller(retry);
  const api = createFetchClient<paths, "application/json">({
    baseUrl,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(fetch === undefined ? {} : { fetch }),
  });

  return {
    chat: { completions: createChatCompletions(api, retry) },
    responses: createResponses(api, retry),
    embeddings: {
      create: (body, options = {}) =>
        read(options, () => api.POST("/v1/embeddings", { body, ...toFetchOptions(options) })),
    },
    models: {
      list: (options = {}) => read(options, () => api.GET("/v1/models", toFetchOptions(options))),
      retrieve: (id, options = {}) => {
        const init = { params: { path: { model: id } }, ...toFetchOptions(options) };
        return read(options, () => api.GET("/v1/models/{model}", init));
      },
    },
    tools: {
      invoke: (body, options = {}) =>
        run(options, () => api.POST("/tools/invoke", { body, ...toFetchOptions(options) })),
    },
    sessions: createSessions(api, retry),
    connect: (options = {}) => connectSocket({ ...options, baseUrl, token, retry }),
    health: async (options = {}) =>
      (await unwrap(api.GET("/healthz", toFetchOptions(options)), options.signal)).data,
    ready: async (options = {}) => {
      const { data, error, response } = await settleCall(
        api.GET("/readyz", toFetchOptions(options)),
        options.signal,
      );
      // 503 with a readiness body is a result, not an error.
      const readiness: unknown = data ?? error;
      if (isReadiness(readiness)) return readiness;
      throw toResponseError(response, error);
    },
  };
}

function isReadiness(value: unknown): value is Readiness {
  return typeof (value as Partial<Readiness> | null | undefined)?.ready === "boolean";
}
