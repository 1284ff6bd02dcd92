/** Embeddings of texts. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { AgentOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import type { EmbeddingList, EmbeddingRequest } from "./schemas.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface Embeddings {
  /**
   * Create embeddings.
   *
   * Creates embedding vectors with the embedding model of an agent. `builtin/embedding` needs no provider; it
   * compares words rather than meaning.
   *
   * Needs the scope `operator.write` or `run`.
   *
   * On when `gateway.http.endpoints.embeddings.enabled` is true.
   * @see POST /v1/embeddings
   */
  create(body: EmbeddingRequest, options?: AgentOptions): ApiPromise<EmbeddingList & WithRequestId>;
}

/** Embeddings alone, for small bundles. */
export function createEmbeddings(options: ClientOptions = {}): Embeddings {
  return bindEmbeddings(createTransport(options));
}

export function bindEmbeddings({ read }: Transport): Embeddings {
  return { create: (body, options = {}) => read("post", "/v1/embeddings", { body }, options) };
}
