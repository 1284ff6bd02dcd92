/** What a store promises about requests that may come twice: one of them runs, the others get its answer. */

/** A key means something to one credential, for one operation. */
export interface IdempotencyScope {
  readonly credential: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

/** An answer as it left. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Claim =
  | {
      /** The request is this caller's to run; one of the two has to be called in the end. */
      readonly state: "new";
      /** Keeps the answer for those who come later. */
      complete(answer: StoredAnswer): Promise<void>;
      /** There is no answer: the next one may run. */
      abandon(): Promise<void>;
    }
  /** Another is at work on it. */
  | { readonly state: "running" }
  | { readonly state: "replay"; readonly answer: StoredAnswer }
  /** The key stands for another request. */
  | { readonly state: "mismatch" };

export interface IdempotencyStore {
  /** `fingerprint` tells whether two requests are the same. Rejects with `storage_unavailable`. */
  claim(scope: IdempotencyScope, fingerprint: string): Promise<Claim>;
}
