/** Claims idempotency keys and stores the results of their calls, across restarts. */
import { createHash } from "node:crypto";
import type { ErrorCode } from "../../contracts/errors.ts";
import type { IdempotencyStore } from "../agent/sessions/idempotency.ts";
import type { Log } from "../lib/ports.ts";
import { describeError, GatewayError, toGatewayError } from "../lib/errors.ts";
import { createSerializedResult, serializeResult, type SerializedResult } from "./serialized-result.ts";

export interface ClaimRequest {
  readonly credential: string;
  readonly key: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface StoredFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param: string | null;
}

interface NewClaim {
  readonly state: "new";
  /** Stores the result and returns it as it is stored. A store failure is logged only: the work is done. */
  readonly complete: <Result>(result: Result | SerializedResult<Result>) => Promise<SerializedResult<Result>>;
  /** Stores the failure of the call. */
  readonly completeWithFailure: (failure: StoredFailure) => Promise<void>;
  /** Stores nothing: the next call with this key is new. */
  readonly release: () => Promise<void>;
}

export type ClaimResult =
  | NewClaim
  /** Another call with this key has not ended. */
  | { readonly state: "in_flight" }
  /** A call with this key has ended. `getResult` returns its result, or throws its failure. */
  | { readonly state: "stored"; readonly getResult: <Result>() => SerializedResult<Result> };

/** Rejects with `idempotency_mismatch` when the key belongs to another request. */
export type ClaimKey = (request: ClaimRequest) => Promise<ClaimResult>;

/** A stored result is this text, the JSON of the result and `}`. A stored failure is `{"error":{…}}`. */
const resultPrefix = '{"payload":';

export function createIdempotency(store: IdempotencyStore, log: Log): ClaimKey {
  return async ({ credential, key, method, params }) => {
    const scope = { credential, method: "socket", path: "/", key };
    const { idempotencyKey: _, ...rest } = params;
    const claim = await store.claim(scope, digest([method, rest]));
    const logFailure = (error: unknown): void =>
      log.error("the result of a call could not be stored", { cause: describeError(error) });
    switch (claim.state) {
      case "running":
        return { state: "in_flight" };
      case "replay": {
        const { body } = claim.result;
        return { state: "stored", getResult: () => parseStored(body) };
      }
      case "mismatch":
        throw new GatewayError(
          "idempotency_mismatch",
          "idempotencyKey: this key belongs to another request; use a new key for a new request.",
          { param: "idempotencyKey" },
        );
      case "new": {
        const write = (body: string): Promise<void> =>
          claim.complete({ status: 200, headers: {}, body }).catch(logFailure);
        return {
          state: "new",
          async complete<Result>(result: Result | SerializedResult<Result>) {
            const text = serializeResult(result);
            await write(`${resultPrefix}${text}}`);
            return createSerializedResult<Result>(text);
          },
          completeWithFailure: (error) => write(JSON.stringify({ error })),
          release: () => claim.release().catch(logFailure),
        };
      }
    }
  };
}

function parseStored<Result>(body: string): SerializedResult<Result> {
  if (body.startsWith(resultPrefix)) return createSerializedResult(body.slice(resultPrefix.length, -1));
  throw toStoredError((JSON.parse(body) as { readonly error: StoredFailure }).error);
}

function toStoredError({ code, message, param }: StoredFailure): GatewayError {
  return new GatewayError(code, message, { param: param ?? undefined, retry: false });
}

/** Stores the failure of `work`, and rethrows it. After a retryable or internal failure the key is released instead. */
export async function withStoredFailure<T>(claim: NewClaim, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = toGatewayError(thrown);
    const { code, message, param, retry } = error;
    if (retry || code === "internal_error") await claim.release();
    else await claim.completeWithFailure({ code, message, param });
    throw error;
  }
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}
