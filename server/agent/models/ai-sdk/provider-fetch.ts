/**
 * The `fetch` that the AI SDK's package uses for one call. It sends requests to the provider only, follows no redirects, and
 * keeps the first error, because the package's own errors may contain the provider's text.
 */
import { request, type Dispatcher } from "undici";
import { GatewayError } from "../../../lib/errors.ts";
import {
  createIncompleteResponseError,
  createProtocolError,
  parseProviderError,
  toHttpStatusError,
  toRepliedError,
  type Upstream,
} from "../provider-errors.ts";
import {
  toCallError,
  drain,
  ignoreErrors,
  mergeHeaders,
  readErrorText,
  type Body,
  type UpstreamOptions,
} from "../upstream.ts";
import type { CallController } from "../call-controller.ts";
import { asText, tryParseJson } from "../untrusted-json.ts";
import type { Api } from "./api.ts";
import { createStreamInspector } from "./stream-inspector.ts";

/** Completes a last event whose line breaks are missing. */
const blankLine = new TextEncoder().encode("\n\n");

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

export function createProviderFetch(server: ProviderServer, controller: CallController): ProviderFetch {
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
        headers: toProviderHeaders(init, server),
        body: asText(init.body),
        signal: controller.signal,
        dispatcher: server.dispatcher,
      });
    } catch (thrown) {
      throw fail(toCallError(thrown, false, upstream, controller));
    }
    body = ignoreErrors(response.body);
    const head = await requireEventStream(response);
    return new Response(ReadableStream.from(inspectStream(body, head)), {
      headers: { "content-type": "text/event-stream" },
    });
  }

  /** Throws for any response other than an event stream, whatever its label. Returns the bytes that it has read. */
  async function requireEventStream({
    statusCode,
    headers,
    body,
  }: Dispatcher.ResponseData): Promise<Uint8Array> {
    const type = String(headers["content-type"] ?? "text/event-stream").toLowerCase();
    const isSuccess = statusCode >= 200 && statusCode <= 299;
    if (isSuccess && type.includes("text/event-stream")) return new Uint8Array();
    const head = isSuccess ? await readFirstBytes(body) : new Uint8Array();
    if (eventStreamPattern.test(new TextDecoder().decode(head))) return head;
    const text = new TextDecoder().decode(head) + (await readErrorText(body, settings.silenceMs, controller));
    if (!isSuccess) throw fail(toHttpStatusError(statusCode, headers, text, upstream));
    if (controller.endReason() === "timed_out")
      throw fail(toCallError(undefined, true, upstream, controller));
    const wireError = parseProviderError(tryParseJson(text), upstream);
    if (wireError !== undefined) throw fail(toRepliedError(wireError, upstream));
    throw fail(
      createProtocolError(upstream, `answered with ${type.slice(0, 100)} instead of an event stream`),
    );
  }

  async function readFirstBytes(body: Body): Promise<Uint8Array> {
    controller.startTimer(settings.silenceMs);
    for await (const bytes of body.iterator({ destroyOnReturn: false })) return bytes as Uint8Array;
    return new Uint8Array();
  }

  /** Passes the bytes on. Ends early at an error, and at an event that nothing follows. */
  async function* inspectStream(body: Body, head: Uint8Array): AsyncGenerator<Uint8Array, void> {
    const inspector = createStreamInspector(api, upstream);
    try {
      for await (const bytes of prepend(head, body.iterator({ destroyOnReturn: false }))) {
        controller.pauseTimer();
        const streamError = inspector.inspect(bytes);
        if (streamError !== undefined) fail(streamError);
        if (!inspector.isTooLarge()) yield bytes;
        if (streamError !== undefined || controller.endReason() !== undefined) return;
        if (inspector.isDone()) {
          yield blankLine;
          return await drain(body, controller);
        }
        controller.startTimer(settings.silenceMs);
      }
      if (inspector.isComplete()) return;
      if (inspector.isCompleteAtEnd()) yield blankLine;
      else fail(createIncompleteResponseError(upstream));
    } catch (thrown) {
      if (!inspector.isComplete()) fail(toCallError(thrown, true, upstream, controller));
    } finally {
      body.destroy();
    }
  }

  return { fetch: post, isSent: () => isSent, error: () => failure, close: () => body?.destroy() };
}

/** The start of an event stream. */
const eventStreamPattern = /^\uFEFF?\s*(?::|data:|event:|id:|retry:)/;

async function* prepend(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  if (head.length > 0) yield head;
  yield* rest;
}

/** Adds the query of the base URL, which the package does not know. */
function toProviderUrl(input: string | URL | Request, { baseUrl }: ProviderServer): URL {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.origin !== baseUrl.origin)
    throw new GatewayError("internal_error", "A request to a provider had another origin.");
  for (const [name, value] of baseUrl.searchParams) url.searchParams.append(name, value);
  return url;
}

function toProviderHeaders(
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
