/** One call as the package makes it: a `fetch` that goes to the provider alone, follows nothing, and remembers what went wrong. */
import { request, type Dispatcher } from "undici";
import { GatewayError } from "../../../errors.ts";
import { cutFault, protocolFault, providerError, statusFault, type Upstream } from "../faults.ts";
import {
  callFault,
  drain,
  ignoreErrors,
  requestHeaders,
  startOf,
  type Body,
  type ServerSettings,
} from "../upstream.ts";
import type { Watch } from "../watch.ts";
import { asText } from "../wire.ts";
import type { Api } from "./api.ts";
import { createStreamCheck } from "./stream-check.ts";

/** Completes an event whose last line break has not come, or not whole. */
const blankLine = new TextEncoder().encode("\n\n");

export interface Server {
  readonly settings: ServerSettings;
  readonly api: Api;
  readonly baseUrl: URL;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

export interface Exchange {
  readonly fetch: typeof fetch;
  /** Nothing was sent yet: what went wrong is not the provider's. */
  readonly asked: () => boolean;
  /** A fault ends the stream that the package reads; it is told here. */
  readonly fault: () => GatewayError | undefined;
  /** Gives up the connection, if the answer has not ended. */
  close(): void;
}

/** What the package may say; its credential is not the provider's. */
const ownHeaders = ["content-type", "anthropic-version", "anthropic-beta"];

export function openExchange(server: Server, watch: Watch): Exchange {
  const { api, settings, upstream } = server;
  let fault: GatewayError | undefined;
  let asked = false;
  let body: Body | undefined;

  function fail(error: GatewayError): GatewayError {
    return (fault ??= error);
  }

  async function post(target: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    asked = true;
    let response: Dispatcher.ResponseData;
    try {
      watch.expect(settings.firstByteMs);
      response = await request(urlOf(target, server), {
        method: "POST",
        headers: headersOf(init, server),
        body: asText(init.body),
        signal: watch.signal,
        dispatcher: server.dispatcher,
      });
    } catch (thrown) {
      throw fail(callFault(thrown, false, upstream, watch));
    }
    body = ignoreErrors(response.body);
    await refuseOther(response);
    return new Response(ReadableStream.from(checked(body)), {
      headers: { "content-type": "text/event-stream" },
    });
  }

  /** Throws for anything but a stream of events. */
  async function refuseOther({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<void> {
    const type = String(headers["content-type"] ?? "text/event-stream").toLowerCase();
    const succeeded = statusCode >= 200 && statusCode <= 299;
    if (succeeded && type.includes("text/event-stream")) return;
    const text = await startOf(body, settings.silenceMs, watch);
    if (!succeeded) throw fail(statusFault(statusCode, headers, text, upstream));
    if (watch.ended() === "silent") throw fail(callFault(undefined, true, upstream, watch));
    const said = providerError(json(text), upstream);
    throw fail(
      protocolFault(
        upstream,
        said === undefined
          ? `answered with ${type.slice(0, 100)} instead of a stream of events`
          : `sent an error as a success: ${said.message}`,
      ),
    );
  }

  /** The bytes as they come. Ends early at a fault, and at an event after which nothing follows. */
  async function* checked(body: Body): AsyncGenerator<Uint8Array, void> {
    const check = createStreamCheck(api, upstream);
    try {
      for await (const bytes of body.iterator({ destroyOnReturn: false })) {
        watch.rest();
        const wrong = check.look(bytes);
        if (wrong !== undefined) fail(wrong);
        if (!check.tooLarge()) yield bytes;
        if (wrong !== undefined || watch.ended() !== undefined) return;
        if (check.over()) {
          yield blankLine;
          return await drain(body, watch);
        }
        watch.expect(settings.silenceMs);
      }
      if (check.complete()) return;
      if (check.completesAtEnd()) yield blankLine;
      else fail(cutFault(upstream));
    } catch (thrown) {
      if (!check.complete()) fail(callFault(thrown, true, upstream, watch));
    } finally {
      body.destroy();
    }
  }

  return { fetch: post, asked: () => asked, fault: () => fault, close: () => body?.destroy() };
}

/** The base URL's query is kept: the package does not know of it. */
function urlOf(target: string | URL | Request, { baseUrl }: Server): URL {
  const url = new URL(target instanceof Request ? target.url : target);
  if (url.origin !== baseUrl.origin)
    throw new GatewayError("internal_error", "A provider call left its provider.");
  for (const [name, value] of baseUrl.searchParams) url.searchParams.append(name, value);
  return url;
}

function headersOf({ headers }: RequestInit, { api, settings }: Server): Readonly<Record<string, string>> {
  const given = new Headers(headers);
  const own = ownHeaders.flatMap((name) => {
    const value = given.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const credential = settings.apiKey === undefined ? {} : api.credential(settings.apiKey);
  return requestHeaders(
    { ...Object.fromEntries(own), accept: "text/event-stream", ...credential },
    settings.headers,
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
