/** The agents, listed under the values of `model`. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { CallOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { requestPages, type PagePromise } from "./pages.ts";
import type { Model, ModelList } from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface Models {
  /**
   * List the agents.
   *
   * Lists the agents that the credential may use, in OpenAI's format for models; with the header
   * `anthropic-version` in Anthropic's, and then also as `claude-openclaw-<id>`.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.chatCompletions.enabled` or `gateway.http.endpoints.responses.enabled` or
   * `gateway.http.endpoints.messages.enabled` is true.
   * @see GET /v1/models
   */
  list(options?: CallOptions): PagePromise<ModelList, Model>;
  /**
   * Retrieve an agent.
   *
   * Returns one entry of the list. Every spelling that `model` of a request may have is found; a slash in it
   * may be sent as it is.
   *
   * Needs the scope `operator.read` or `run`.
   *
   * On when `gateway.http.endpoints.chatCompletions.enabled` or `gateway.http.endpoints.responses.enabled` or
   * `gateway.http.endpoints.messages.enabled` is true.
   * @see GET /v1/models/{model}
   */
  retrieve(id: string, options?: CallOptions): ApiPromise<Model & WithRequestId>;
}

/** The list of agents alone, for small bundles. */
export function createModels(options: ClientOptions = {}): Models {
  return bindModels(createTransport(options));
}

export function bindModels({ read }: Transport): Models {
  return {
    // There is one page, as in OpenAI's API.
    list: (options = {}) =>
      requestPages<ModelList, Model, never>({
        // Only clients of Anthropic's API get its form of the list.
        request: (_, finish) =>
          read("get", "/v1/models", {}, options, (list) => finish(list as ModelList & WithRequestId)),
        getItems: ({ data }) => data,
        getNextCursor: () => undefined,
      }),
    retrieve: (id, options = {}) => read("get", "/v1/models/{model}", { path: { model: id } }, options),
  };
}
