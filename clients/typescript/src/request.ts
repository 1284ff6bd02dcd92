/** Sends requests, converts failures to errors, and retries where that is safe. */
import type { Client } from "openapi-fetch";
import type { RunRequestOptions, CallOptions } from "./call-options.ts";
import { toRequestError, toResponseError } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { canRetryRead, canRetryRun, type Retry } from "./retry.ts";

export type Api = Client<paths, "application/json">;

type Answer<Data, Failure> =
  | { readonly data: Data; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: Failure; readonly response: Response };

/** Resolves to the response with any status. */
export async function settleCall<A>(call: Promise<A>, signal: AbortSignal | undefined): Promise<A> {
  try {
    return await call;
  } catch (thrown) {
    throw toRequestError(thrown, signal);
  }
}

export interface Success<Data> {
  readonly data: Data;
  readonly response: Response;
}

/** Resolves to a successful response, and rejects with the error of any other. */
export async function unwrap<Data>(
  call: Promise<Answer<Data, unknown>>,
  signal: AbortSignal | undefined,
): Promise<Success<NonNullable<Data>>> {
  const { data, error, response } = await settleCall(call, signal);
  if (data === undefined || data === null) throw toResponseError(response, error);
  return { data, response };
}

/** Sends a request, with retries, and resolves to its data. */
export type Call<Options> = <Data>(
  options: Options,
  request: () => Promise<Answer<Data, unknown>>,
) => Promise<NonNullable<Data>>;

export interface Caller {
  /** For requests without side effects. */
  readonly read: Call<CallOptions>;
  /** For requests that must not run twice. */
  readonly run: Call<RunRequestOptions>;
}

export function createCaller(retry: Retry): Caller {
  return {
    read: async ({ signal }, request) =>
      (await retry(canRetryRead, signal, () => unwrap(request(), signal))).data,
    run: async ({ signal, idempotencyKey }, request) =>
      (await retry(canRetryRun(idempotencyKey), signal, () => unwrap(request(), signal))).data,
  };
}
