/** Any server of OpenAI's Chat Completions API as a model: the call over HTTP, and all that can go wrong with it. */
import { request, type Dispatcher } from "undici";
import type { Model, ModelCall } from "../../types.ts";
import { protocolFault, statusFault, type Upstream } from "../faults.ts";
import {
  callFault,
  drain,
  ignoreErrors,
  keepAliveAgent,
  requestHeaders,
  startOf,
  upstreamOf,
  type ServerSettings,
} from "../upstream.ts";
import { watched, type Said, type Watch } from "../watch.ts";
import type { Compat } from "./compat.ts";
import { streamReader } from "./read-stream.ts";
import { wholeReader } from "./read-whole.ts";
import type { AnswerReader } from "./reader.ts";
import { bodyWriter, type WriteBody } from "./request-body.ts";

export interface ProviderSettings extends ServerSettings {
  readonly compat: Compat;
}

interface Provider {
  readonly settings: ProviderSettings;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly writeBody: WriteBody;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

export function openaiCompletions(
  settings: ProviderSettings,
  dispatcher: Dispatcher = keepAliveAgent(),
): (modelId: string) => Model {
  const provider = describeProvider(settings, dispatcher);
  return (modelId) => (call, signal) => watched(signal, (watch) => exchange(provider, modelId, call, watch));
}

function describeProvider(settings: ProviderSettings, dispatcher: Dispatcher): Provider {
  const url = new URL(settings.baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  const own = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
  };
  const headers = requestHeaders(own, settings.headers);
  return {
    settings,
    url,
    headers,
    writeBody: bodyWriter(settings.compat),
    upstream: upstreamOf(settings),
    dispatcher,
  };
}

async function* exchange(
  provider: Provider,
  modelId: string,
  call: ModelCall,
  watch: Watch,
): AsyncGenerator<Said, void> {
  const { settings, upstream } = provider;
  let response: Dispatcher.ResponseData | undefined;
  let reader: AnswerReader | undefined;
  try {
    if (watch.ended() !== undefined) return;
    const body = provider.writeBody(modelId, call);
    watch.expect(settings.firstByteMs);
    response = await request(provider.url, {
      method: "POST",
      headers: provider.headers,
      body,
      signal: watch.signal,
      dispatcher: provider.dispatcher,
    });
    ignoreErrors(response.body);
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
      const events = reader.read(bytes);
      yield events;
      if (events.at(-1)?.type === "error" || watch.ended() !== undefined) return;
      if (reader.done()) break;
      watch.expect(settings.silenceMs);
    }
    if (reader.done()) await drain(response.body, watch);
    // All is here: whoever leaves now leaves nothing that could still be ended.
    watch.release();
    yield reader.end();
  } catch (thrown) {
    if (watch.ended() === "left") return;
    if (reader?.finished()) yield reader.end();
    else yield { type: "error", error: callFault(thrown, response !== undefined, upstream, watch) };
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
