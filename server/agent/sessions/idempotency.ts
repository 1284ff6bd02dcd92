/** The contract of the idempotency store: of several equal requests one runs, and the others get its result. */

/** An idempotency key is valid for one credential and one operation. */
export interface IdempotencyScope {
  readonly credential: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

/** A result exactly as it was sent. */
export interface StoredResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Claim =
  | {
      /** The caller runs the request, and then calls `complete` or `release`. */
      readonly state: "new";
      /** Stores the result for later requests. */
      complete(result: StoredResult): Promise<void>;
      /** Stores nothing. The next request can run. */
      release(): Promise<void>;
    }
  /** Another caller runs the request. */
  | { readonly state: "running" }
  | { readonly state: "replay"; readonly result: StoredResult }
  /** The key was used for a different request. */
  | { readonly state: "mismatch" };

export interface IdempotencyStore {
  /** Two requests are equal if their fingerprints are. Rejects with `storage_unavailable`. */
  claim(scope: IdempotencyScope, fingerprint: string): Promise<Claim>;
}
