/** Sends requests: types by path, a time limit, retries where they are safe, hooks, and failures as errors. */
import { createApiPromise, type ApiPromise, type Reply, type WithRequestId } from "./api-promise.ts";
import { toHeaders, type CallOptions, type RunRequestOptions } from "./call-options.ts";
import { resolveOptions, type ClientOptions, type ResolvedOptions } from "./client-options.ts";
import { GatewayRequestError, toRequestError, toResponseError, type ClientErrorCode } from "./errors.ts";
import type { paths } from "./generated/openapi.ts";
import { canRetryRead, canRetryRun, retry, type RetryOptions } from "./retry.ts";

type Method = "get" | "post" | "delete";

type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type ReplyOf<Operation> = Operation extends {
  responses: { 200: { content: { "application/json": infer Reply extends object } } };
}
  ? Reply & WithRequestId
  : never;

type BodyOf<Operation> = Operation extends { requestBody?: { content: { "application/json": infer Body } } }
  ? Body
  : never;

type ParametersOf<Operation, In extends "path" | "query"> = Operation extends {
  parameters: { [Key in In]?: infer Parameters };
}
  ? { readonly [Name in keyof Parameters]: Parameters[Name] | undefined }
  : never;

export interface RequestParts<Operation> {
  readonly path?: ParametersOf<Operation, "path">;
  readonly query?: ParametersOf<Operation, "query">;
  readonly body?: BodyOf<Operation>;
  /** Sent instead of a body in JSON. */
  readonly form?: FormData;
  /** Whether the body of an error status is a reply too. */
  readonly isReply?: (body: unknown) => boolean;
}

/** Sends a request with retries. `finish` completes the reply. */
export type Call<Options> = <M extends Method, P extends PathOf<M>, Result = ReplyOf<paths[P][M]>>(
  method: M,
  path: P,
  parts: RequestParts<paths[P][M]>,
  options: Options,
  finish?: (reply: ReplyOf<paths[P][M]>) => Result | Promise<Result>,
) => ApiPromise<Result>;

/** Sends a request with retries and resolves to a successful response whose body is not read. */
export type Open<Options> = <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  parts: RequestParts<paths[P][M]>,
  options: Options,
) => Promise<Response>;

export interface Transport {
  readonly options: ResolvedOptions;
  /** For requests without side effects. */
  readonly read: Call<CallOptions>;
  /** For requests that must not run twice. */
  readonly run: Call<RunRequestOptions>;
  readonly openRead: Open<CallOptions>;
  readonly openRun: Open<RunRequestOptions>;
}

type CanRetry = RetryOptions["canRetry"];

interface AnyParts {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
  readonly form?: FormData;
  readonly isReply?: (body: unknown) => boolean;
}

export function createTransport(clientOptions: ClientOptions): Transport {
  const options = resolveOptions(clientOptions);
  const { baseUrl, token, hooks } = options;
  const clientHeaders: Readonly<Record<string, string>> = {
    ...options.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };

  function send<T>(
    method: string,
    path: string,
    parts: AnyParts,
    callOptions: RunRequestOptions,
    canRetry: CanRetry,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal, timeout = options.timeout, maxRetries = options.maxRetries } = callOptions;
    const url = toUrl(baseUrl, path, parts);
    const body = parts.body === undefined ? parts.form : JSON.stringify(parts.body);
    // The type of a form has its boundary, which fetch chooses.
    const contentType: Readonly<Record<string, string>> =
      typeof body === "string" ? { "content-type": "application/json" } : {};
    const headers = { ...contentType, ...clientHeaders, ...toHeaders(callOptions) };
    const line = { method, url };

    const onRetry: RetryOptions["onRetry"] = (attempt, error, waitMs) =>
      hooks.onRetry?.({ ...line, attempt, error, waitMs });
    return retry({ maxRetries, canRetry, signal, onRetry }, async (attempt) => {
      const limit = startTimeLimit(timeout, signal);
      const reject = (thrown: unknown): never => {
        throw toRequestError(thrown, limit.signal);
      };
      try {
        const request = new Request(url, { method, headers, body: body ?? null, signal: limit.signal });
        hooks.onRequest?.({ ...line, attempt, headers: request.headers });
        const startedAt = performance.now();
        const response = await options.fetch(request).catch(reject);
        const durationMs = performance.now() - startedAt;
        const requestId = getRequestId(response);
        hooks.onResponse?.({ ...line, attempt, status: response.status, requestId, durationMs });
        return await read(response).catch(reject);
      } finally {
        limit.stop();
      }
    });
  }

  const createCall =
    <Options extends RunRequestOptions>(toCanRetry: (options: Options) => CanRetry): Call<Options> =>
    (method, path, parts, callOptions, finish) =>
      createApiPromise(
        send(method.toUpperCase(), path, parts, callOptions, toCanRetry(callOptions), (response) =>
          readReply(response, parts.isReply),
        ).then(async ({ data, response }) => ({
          response,
          // The gateway sends what the contract defines.
          data: (finish === undefined ? data : await finish(data as never)) as never,
        })),
      );
  const createOpen =
    <Options extends RunRequestOptions>(toCanRetry: (options: Options) => CanRetry): Open<Options> =>
    (method, path, parts, callOptions) =>
      send(method.toUpperCase(), path, parts, callOptions, toCanRetry(callOptions), async (response) => {
        if (response.ok && response.body !== null) return response;
        throw toResponseError(response, parseJson(await response.text()));
      });

  const canRetryRunOf = ({ idempotencyKey }: RunRequestOptions): CanRetry => canRetryRun(idempotencyKey);
  return {
    options,
    read: createCall<CallOptions>(() => canRetryRead),
    run: createCall<RunRequestOptions>(canRetryRunOf),
    openRead: createOpen<CallOptions>(() => canRetryRead),
    openRun: createOpen<RunRequestOptions>(canRetryRunOf),
  };
}

/** `/v1/models/{model}` with its parameters. */
function toUrl(baseUrl: string, path: string, { path: params = {}, query = {} }: AnyParts): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const url = new URL(baseUrl + filled);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
  }
  return url.href;
}

interface TimeLimit {
  /** Aborted by the caller's signal, or with the error `timeout`. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** The longest delay of a timer. */
const maxDelayMs = 2 ** 31 - 1;

function startTimeLimit(timeout: number, callerSignal: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  const expire = (): void => {
    const code: ClientErrorCode = "timeout";
    controller.abort(new GatewayRequestError(`The request took longer than ${timeout} ms.`, { code }));
  };
  const timer = timeout > maxDelayMs ? undefined : setTimeout(expire, timeout);
  return {
    signal: callerSignal ? AbortSignal.any([callerSignal, controller.signal]) : controller.signal,
    stop: () => clearTimeout(timer),
  };
}

async function readReply(response: Response, isReply: AnyParts["isReply"]): Promise<Reply<object>> {
  const data = parseJson(await response.text());
  if (!(response.ok || isReply?.(data) === true) || typeof data !== "object" || data === null)
    throw toResponseError(response, data);
  Object.defineProperty(data, "_request_id", { value: getRequestId(response) ?? null });
  return { data, response };
}

/** Returns undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function getRequestId({ headers }: Response): string | undefined {
  return headers.get("x-request-id") ?? undefined;
}
