/** The interface of embedding models. The same text gives the same vector; related texts give close vectors. */

export interface EmbeddingCall {
  readonly texts: readonly string[];
  /** Length of the vectors; the model's default if undefined. */
  readonly dimensions: number | undefined;
}

export interface Embeddings {
  /** In the order of the texts; all have the same length. */
  readonly vectors: readonly (readonly number[])[];
  /** Tokens of all texts, as the provider reports; undefined if it does not report them. */
  readonly tokens: number | undefined;
}

/** Rejects with a `GatewayError`, or soon after `signal` is aborted. */
export type Embedder = (call: EmbeddingCall, signal: AbortSignal) => Promise<Embeddings>;
