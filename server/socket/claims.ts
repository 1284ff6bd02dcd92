/** What was asked with an idempotency key: new, at work, or answered already; kept in the store, across a restart. */
import { createHash } from "node:crypto";
import type { ErrorCode } from "../../contracts/errors.ts";
import type { IdempotencyStore } from "../agent/sessions/idempotency.ts";
import type { Log } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";

export interface Asked {
  readonly credential: string;
  readonly key: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** An answer that is given again: JSON, or the failure that it was. */
export type Kept =
  | { readonly payload: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly param: string | null } };

interface NewClaim {
  readonly state: "new";
  /** Keeps the answer; without one the key is free again. */
  readonly settle: (answer: Kept | undefined) => Promise<void>;
}

export type Claimed =
  NewClaim | { readonly state: "in_flight" } | { readonly state: "kept"; readonly answer: Kept };

/** Rejects with `idempotency_mismatch` when the key stands for something else. */
export type Claim = (asked: Asked) => Promise<Claimed>;

export function createClaim(store: IdempotencyStore, log: Log): Claim {
  return async ({ credential, key, method, params }) => {
    const scope = { credential, method: "socket", path: "/", key };
    const { idempotencyKey: _, ...rest } = params;
    const claim = await store.claim(scope, digest([method, rest]));
    switch (claim.state) {
      case "running":
        return { state: "in_flight" };
      case "replay":
        return { state: "kept", answer: JSON.parse(claim.answer.body) as Kept };
      case "mismatch":
        throw new GatewayError(
          "idempotency_mismatch",
          "idempotencyKey: it stands for another request; choose a new one for a new request.",
          { param: "idempotencyKey" },
        );
      case "new":
        return {
          state: "new",
          // The work is done whether or not its answer can be kept.
          settle: (answer) =>
            (answer === undefined
              ? claim.abandon()
              : claim.complete({ status: 200, headers: {}, body: JSON.stringify(answer) })
            ).catch((error: unknown) => log.error("an answer could not be kept", { cause: String(error) })),
        };
    }
  };
}

/** Throws the failure, if it was one. */
export function payloadOf(kept: Kept): unknown {
  if ("payload" in kept) return kept.payload;
  const { code, message, param } = kept.error;
  throw new GatewayError(code, message, { param: param ?? undefined, retry: false });
}

/** Keeps the failure that the work comes to; one that may come right when it is tried again is no answer. */
export async function keepingFailure<T>({ settle }: NewClaim, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = toGatewayError(thrown);
    const { code, message, param, retry } = error;
    await settle(retry || code === "internal_error" ? undefined : { error: { code, message, param } });
    throw error;
  }
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}
