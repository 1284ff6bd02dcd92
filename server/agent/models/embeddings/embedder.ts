/** What makes vectors of texts: the same text gives the same vector, related texts lie close together. */

export interface EmbeddingCall {
  readonly texts: readonly string[];
  /** Numbers of a vector; the model's own choice without. */
  readonly dimensions: number | undefined;
}

export interface Embeddings {
  /** In the order of the texts, all of one length. */
  readonly vectors: readonly (readonly number[])[];
  /** Tokens of all texts, as the provider counts; undefined when it does not say. */
  readonly tokens: number | undefined;
}

/** Throws a `GatewayError`. Ends soon after `signal` is aborted. */
export type Embedder = (call: EmbeddingCall, signal: AbortSignal) => Promise<Embeddings>;
