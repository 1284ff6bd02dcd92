/** One request of the API: its answer, or what it failed with; made again where that may be. */
import type { Client } from "openapi-fetch";
import type { RunRequestOptions, CallOptions } from "./call-options.ts";
import { toRequestError, toResponseError } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { canRetryRead, canRetryRun, type Retry } from "./retry.ts";

export type Api = Client<paths, "application/json">;

type Answer<Data, Failure> =
  | { readonly data: Data; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: Failure; readonly response: Response };

/** The answer, whatever its status. */
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

/** The answer, when it is a success. */
export async function unwrap<Data>(
  call: Promise<Answer<Data, unknown>>,
  signal: AbortSignal | undefined,
): Promise<Success<NonNullable<Data>>> {
  const { data, error, response } = await settleCall(call, signal);
  if (data === undefined || data === null) throw toResponseError(response, error);
  return { data, response };
}

/** Makes a request, again where that may be; resolves to what a success says. */
export type Call<Options> = <Data>(
  options: Options,
  request: () => Promise<Answer<Data, unknown>>,
) => Promise<NonNullable<Data>>;

export interface Caller {
  /** For calls that change nothing. */
  readonly read: Call<CallOptions>;
  /** For calls that must not happen twice. */
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
