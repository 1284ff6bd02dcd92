/** Any server of OpenAI's Chat Completions API as a model: the call over HTTP, and all that can go wrong with it. */
import { Agent, request, type Dispatcher } from "undici";
import type { GatewayError } from "../../../errors.ts";
import type { Model, ModelCall, ModelEvent } from "../../types.ts";
import type { Compat } from "./compat.ts";
import { connectionFault, protocolFault, silenceFault, statusFault, type Upstream } from "./faults.ts";
import { streamReader } from "./read-stream.ts";
import { wholeReader } from "./read-whole.ts";
import type { AnswerReader } from "./reader.ts";
import { requestBody } from "./request-body.ts";
import { watchOver, type Watch } from "./watch.ts";

export interface ProviderSettings {
  /** Up to and including `/v1`; a query is kept. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Win over the gateway's own, `authorization` included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compat: Compat;
  /** Until the first byte of the body: servers send their headers long before the first token. */
  readonly firstByteMs: number;
  /** Between bytes after it. */
  readonly silenceMs: number;
}

type Body = Dispatcher.ResponseData["body"];

interface Provider {
  readonly settings: ProviderSettings;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

/** Shorter strings are no secrets, and hiding them would garble messages. */
const secretCharacters = 8;
const errorBodyBytes = 64 * 1024;
/** How long a finished answer may take to end; then its connection is given up. */
const drainMs = 100;

export function openaiCompletions(
  settings: ProviderSettings,
  dispatcher: Dispatcher = keepAliveAgent(),
): (modelId: string) => Model {
  const provider = describeProvider(settings, dispatcher);
  return (modelId) => (call, signal) => ({
    [Symbol.asyncIterator]() {
      const watch = watchOver(signal);
      const events = exchange(provider, modelId, call, watch);
      return {
        next: () => events.next(),
        // A generator would let `return` wait for the read that is under way.
        return: () => {
          watch.leave();
          return events.return();
        },
      };
    },
  });
}

/** HTTP/1.1, so that a call has a socket of its own to close; the silence of a provider is watched here, not in undici. */
function keepAliveAgent(): Dispatcher {
  return new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } });
}

function describeProvider(settings: ProviderSettings, dispatcher: Dispatcher): Provider {
  const url = new URL(settings.baseUrl);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = `${path}/chat/completions`;
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "user-agent": "openclaw-gateway",
  };
  if (settings.apiKey !== undefined) headers["authorization"] = `Bearer ${settings.apiKey}`;
  for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = value;
  // A header may be a scheme and a key; either may come back alone.
  const credentials = [settings.apiKey ?? "", ...Object.values(settings.headers)];
  const secrets = credentials.flatMap((value) => [value, ...value.split(/\s+/)]);
  // Providers repeat the URL they were asked at: its path may name an account, its query hold a key.
  secrets.push(path.replace(/\/v\d+$/, ""), ...url.searchParams.values());
  return {
    settings,
    url,
    headers,
    upstream: { host: url.host, secrets: secrets.filter((secret) => secret.length >= secretCharacters) },
    dispatcher,
  };
}

async function* exchange(
  provider: Provider,
  modelId: string,
  call: ModelCall,
  watch: Watch,
): AsyncGenerator<ModelEvent, void> {
  const { settings, upstream } = provider;
  let response: Dispatcher.ResponseData | undefined;
  let reader: AnswerReader | undefined;
  try {
    if (watch.ended() !== undefined) return;
    const body = JSON.stringify(requestBody(modelId, call, settings.compat));
    watch.expect(settings.firstByteMs);
    response = await request(provider.url, {
      method: "POST",
      headers: provider.headers,
      body,
      signal: watch.signal,
      dispatcher: provider.dispatcher,
    });
    // A body that is destroyed emits an error, also when nobody reads it.
    response.body.on("error", ignore);
    const { statusCode, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      const text = await startOf(response.body, settings.silenceMs, watch);
      yield { type: "error", error: statusFault(statusCode, headers, text, upstream) };
      return;
    }
    reader = readerFor(headers["content-type"], call.stream, upstream);
    if (reader === undefined) {
      const type = String(headers["content-type"]).slice(0, 100);
      const what = `answered with ${type} instead of a chat completion`;
      yield { type: "error", error: protocolFault(upstream, what) };
      return;
    }
    for await (const bytes of response.body.iterator({ destroyOnReturn: false })) {
      watch.rest();
      for (const event of reader.read(bytes)) {
        yield event;
        if (event.type === "error" || watch.ended() !== undefined) return;
      }
      if (reader.done()) break;
      watch.expect(settings.silenceMs);
    }
    if (reader.done()) await drain(response.body);
    // All is here: whoever leaves now leaves nothing that could still be ended.
    watch.release();
    yield* reader.end();
  } catch (thrown) {
    if (watch.ended() === "left") return;
    if (reader?.finished()) yield* reader.end();
    else yield { type: "error", error: faultOf(thrown, response !== undefined, upstream, watch) };
  } finally {
    watch.release();
    response?.body.destroy();
  }
}

/** A server that cannot stream may answer whole. What has no type is taken for what was asked for. */
function readerFor(
  type: string | string[] | undefined,
  stream: boolean,
  upstream: Upstream,
): AnswerReader | undefined {
  const name = String(type ?? (stream ? "text/event-stream" : "application/json")).toLowerCase();
  if (name.includes("json")) return wholeReader(upstream);
  return stream && name.includes("text/event-stream") ? streamReader(upstream) : undefined;
}

function faultOf(thrown: unknown, answered: boolean, upstream: Upstream, watch: Watch): GatewayError {
  if (watch.ended() === "silent") return silenceFault(upstream, watch.limitMs());
  return connectionFault(thrown, answered, upstream);
}

/** The beginning of an error's body; of one that is cut or stalls, what came. */
async function startOf(body: Body, silenceMs: number, watch: Watch): Promise<string> {
  const received: Uint8Array[] = [];
  let size = 0;
  watch.expect(silenceMs);
  try {
    for await (const bytes of body) {
      received.push(bytes);
      size += bytes.length;
      if (size >= errorBodyBytes) break;
      watch.expect(silenceMs);
    }
  } catch {
    // The status alone says enough.
  }
  return new TextDecoder().decode(Buffer.concat(received).subarray(0, errorBodyBytes));
}

/** The last bytes after `[DONE]`, so that the connection can serve the next call. */
const drain = (body: Body): Promise<void> =>
  body.dump({ limit: Number.MAX_SAFE_INTEGER, signal: AbortSignal.timeout(drainMs) }).catch(ignore);

const ignore = (): void => {};
