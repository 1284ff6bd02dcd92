/** The client: every call of the API, typed by the contract. */
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

/** All calls reject with a `GatewayRequestError`, or with the reason of an abort. */
export interface GatewayClient {
  readonly chat: { readonly completions: ChatCompletions };
  readonly responses: Responses;
  readonly embeddings: {
    /** Vectors of texts, made by the embedding model of an agent. */
    create(body: EmbeddingRequest, options?: AgentOptions): Promise<EmbeddingList>;
  };
  /** The agents, under the names that `model` takes. */
  readonly models: {
    list(options?: CallOptions): Promise<ModelList>;
    retrieve(id: string, options?: CallOptions): Promise<Model>;
  };
  /** Single tools of the agents, without a model. */
  readonly tools: {
    /** Resolves to what the tool answered, or with `dryRun: true` to whether it would be run. A tool that fails rejects. */
    invoke(body: InvokeToolRequest, options?: RunRequestOptions): Promise<ToolInvocation>;
  };
  /** Stored conversations. */
  readonly sessions: Sessions;
  /** Resolves to the gateway's socket when it is connected: calls, events, runs. It stays connected until it is closed. */
  connect(options?: ConnectOptions): Promise<GatewaySocket>;
  /** Resolves when the process is alive. Needs no credential, and is never repeated. */
  health(options?: CallOptions): Promise<Health>;
  /** Whether the gateway takes requests: `ready` is false while it stops. Needs no credential, and is never repeated. */
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
      // Not ready is an answer, not a failure.
      const readiness: unknown = data ?? error;
      if (isReadiness(readiness)) return readiness;
      throw toResponseError(response, error);
    },
  };
}

function isReadiness(value: unknown): value is Readiness {
  return typeof (value as Partial<Readiness> | null | undefined)?.ready === "boolean";
}
