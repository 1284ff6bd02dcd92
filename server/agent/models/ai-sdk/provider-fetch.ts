/**
 * The `fetch` that the AI SDK's package uses for one call. It sends requests to the provider only, follows no redirects, and
 * keeps the first error, because the package's own errors may contain the provider's text.
 */
import { request, type Dispatcher } from "undici";
import { GatewayError } from "../../../lib/errors.ts";
import { createIncompleteResponseError, toHttpStatusError, type Upstream } from "../provider-errors.ts";
import {
  toCallError,
  drain,
  ignoreErrors,
  mergeHeaders,
  readErrorText,
  type Body,
  type UpstreamOptions,
} from "../upstream.ts";
import type { ModelCall } from "../../types.ts";
import type { CallController } from "../call-controller.ts";
import { asFields, asText, tryParseJson } from "../untrusted-json.ts";
import type { Api, Fields } from "./api.ts";
import { createEventFilter } from "./event-filter.ts";
import { readAsEvents } from "./read-as-events.ts";

const encoder = new TextEncoder();

export interface ProviderServer {
  readonly settings: UpstreamOptions;
  readonly api: Api;
  readonly baseUrl: URL;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

export interface ProviderFetch {
  readonly fetch: typeof fetch;
  /** Whether the request was sent. An error before that is not the provider's. */
  readonly isSent: () => boolean;
  /** The error that ended the response stream early. */
  readonly error: () => GatewayError | undefined;
  /** Closes the connection if the response has not ended. */
  close(): void;
}

/** The package's headers that are sent. Its credential header is a placeholder. */
const forwardedHeaders = ["content-type", "anthropic-version", "anthropic-beta"];

export function createProviderFetch(
  server: ProviderServer,
  controller: CallController,
  call: ModelCall,
): ProviderFetch {
  const { api, settings, upstream } = server;
  let failure: GatewayError | undefined;
  let isSent = false;
  let body: Body | undefined;

  function fail(error: GatewayError): GatewayError {
    return (failure ??= error);
  }

  async function post(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    isSent = true;
    let response: Dispatcher.ResponseData;
    try {
      controller.startTimer(settings.firstByteMs);
      response = await request(toProviderUrl(input, server), {
        method: "POST",
        headers: { ...toProviderHeaders(init, server), ...call.traceHeaders },
        body: completeBody(asText(init.body), api.completeBody?.(call)),
        signal: controller.signal,
        dispatcher: server.dispatcher,
      });
    } catch (thrown) {
      throw fail(toCallError(thrown, false, upstream, controller));
    }
    body = ignoreErrors(response.body);
    const { statusCode, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      const text = await readErrorText(body, settings.silenceMs, controller);
      throw fail(toHttpStatusError(statusCode, headers, text, upstream));
    }
    const label = String(headers["content-type"] ?? "").toLowerCase();
    return new Response(ReadableStream.from(filterStream(body, label)), {
      headers: { "content-type": "text/event-stream" },
    });
  }

  /** Yields the events that the package reads. Ends early at an error, and at an event that nothing follows. */
  async function* filterStream(body: Body, label: string): AsyncGenerator<Uint8Array, void> {
    const filter = createEventFilter(api, upstream);
    try {
      for await (const bytes of readAsEvents(watchSilence(body), label, server)) {
        const text = filter.read(bytes);
        const error = filter.error();
        if (error !== undefined) fail(error);
        if (text !== "") yield encoder.encode(text);
        if (error !== undefined || controller.endReason() !== undefined) return;
        if (filter.isDone()) return await drain(body, controller);
      }
      yield encoder.encode(filter.end());
      if (!filter.isComplete()) fail(filter.error() ?? createIncompleteResponseError(upstream));
    } catch (thrown) {
      if (filter.isComplete()) yield encoder.encode(filter.end());
      else fail(toCallError(thrown, true, upstream, controller));
    } finally {
      body.destroy();
    }
  }

  async function* watchSilence(body: Body): AsyncGenerator<Uint8Array, void> {
    for await (const bytes of body.iterator({ destroyOnReturn: false })) {
      controller.pauseTimer();
      yield bytes as Uint8Array;
      controller.startTimer(settings.silenceMs);
    }
  }

  return { fetch: post, isSent: () => isSent, error: () => failure, close: () => body?.destroy() };
}

function completeBody(text: string, complete: ((body: Fields) => Fields) | undefined): string {
  const body = complete && asFields(tryParseJson(text));
  return complete === undefined || body === undefined ? text : JSON.stringify(complete(body));
}

/** Adds the query of the base URL, which the package does not know. */
export function toProviderUrl(input: string | URL | Request, { baseUrl }: ProviderServer): URL {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.origin !== baseUrl.origin)
    throw new GatewayError("internal_error", "A request to a provider had another origin.");
  for (const [name, value] of baseUrl.searchParams) url.searchParams.append(name, value);
  return url;
}

export function toProviderHeaders(
  { headers }: RequestInit,
  { api, settings }: ProviderServer,
): Readonly<Record<string, string>> {
  const packageHeaders = new Headers(headers);
  const forwarded = forwardedHeaders.flatMap((name) => {
    const value = packageHeaders.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const authHeaders = settings.apiKey === undefined ? {} : api.authHeaders(settings.apiKey);
  return mergeHeaders(
    { ...Object.fromEntries(forwarded), accept: "text/event-stream", ...authHeaders },
    settings.headers,
  );
}
