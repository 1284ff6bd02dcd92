/** One request of the API: its answer, or what it failed with; made again where that may be. */
import type { Client } from "openapi-fetch";
import type { AskOptions, CallOptions } from "./call-options.ts";
import { errorOfFailure, errorOfResponse } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { mayReadAgain, mayRunAgain, type Retry } from "./retry.ts";

export type Api = Client<paths, "application/json">;

type Answer<Data, Failure> =
  | { readonly data: Data; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: Failure; readonly response: Response };

/** The answer, whatever its status. */
export async function answered<A>(call: Promise<A>, signal: AbortSignal | undefined): Promise<A> {
  try {
    return await call;
  } catch (thrown) {
    throw errorOfFailure(thrown, signal);
  }
}

export interface Success<Data> {
  readonly data: Data;
  readonly response: Response;
}

/** The answer, when it is a success. */
export async function succeeded<Data>(
  call: Promise<Answer<Data, unknown>>,
  signal: AbortSignal | undefined,
): Promise<Success<NonNullable<Data>>> {
  const { data, error, response } = await answered(call, signal);
  if (data === undefined || data === null) throw errorOfResponse(response, error);
  return { data, response };
}

/** Makes a request, again where that may be; resolves to what a success says. */
export type Ask<Options> = <Data>(
  options: Options,
  request: () => Promise<Answer<Data, unknown>>,
) => Promise<NonNullable<Data>>;

export interface Asking {
  /** For calls that change nothing. */
  readonly read: Ask<CallOptions>;
  /** For calls that must not happen twice. */
  readonly run: Ask<AskOptions>;
}

export function createAsking(retry: Retry): Asking {
  return {
    read: async ({ signal }, request) =>
      (await retry(mayReadAgain, signal, () => succeeded(request(), signal))).data,
    run: async ({ signal, idempotencyKey }, request) =>
      (await retry(mayRunAgain(idempotencyKey), signal, () => succeeded(request(), signal))).data,
  };
}
