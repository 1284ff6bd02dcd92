/** One request of the API: its options, and its answer or what it failed with. */
import type { Client } from "openapi-fetch";
import { errorOfFailure, errorOfResponse, type GatewayRequestError } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { mayReadAgain, mayRunAgain, type Retry } from "./retry.ts";

export type Api = Client<paths, "application/json">;

export interface CallOptions {
  /** Aborting it ends the request; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with this request, over the client's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What `openapi-fetch` takes of the options. */
export function initOf({ signal, headers }: CallOptions): {
  readonly signal: AbortSignal | null;
  readonly headers: Readonly<Record<string, string>>;
} {
  return { signal: signal ?? null, headers: headers ?? {} };
}

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

/** The answer, when it is a success. */
export async function succeeded<Data>(
  call: Promise<Answer<Data, unknown>>,
  signal: AbortSignal | undefined,
): Promise<{ readonly data: NonNullable<Data>; readonly response: Response }> {
  const { data, error, response } = await answered(call, signal);
  if (data === undefined || data === null) throw errorOfResponse(response, error);
  return { data, response };
}

/** Makes a request, again where that may be; resolves to what a success says. */
export type Ask = <Data>(
  { signal }: CallOptions,
  request: () => Promise<Answer<Data, unknown>>,
) => Promise<NonNullable<Data>>;

export interface Asking {
  /** For calls that change nothing. */
  readonly read: Ask;
  /** For calls that must not happen twice. */
  readonly run: Ask;
}

export function createAsking(retry: Retry): Asking {
  const repeating =
    (mayRepeat: (error: GatewayRequestError) => boolean): Ask =>
    async ({ signal }, request) =>
      (await retry(mayRepeat, signal, () => succeeded(request(), signal))).data;
  return { read: repeating(mayReadAgain), run: repeating(mayRunAgain) };
}
