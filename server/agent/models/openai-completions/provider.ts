/** Models of any server that implements OpenAI's Chat Completions API. https://platform.openai.com/docs/api-reference/chat */
import { request, type Dispatcher } from "undici";
import type { Model, ModelCall } from "../../types.ts";
import { createProtocolError, toHttpStatusError, type Upstream } from "../provider-errors.ts";
import {
  toCallError,
  drain,
  ignoreErrors,
  createKeepAliveAgent,
  mergeHeaders,
  readErrorText,
  toUpstream,
  type UpstreamOptions,
} from "../upstream.ts";
import { streamModelCall, type ModelEventBatch, type CallController } from "../call-controller.ts";
import type { Compat } from "./compat.ts";
import { createJsonReader, createStreamReader, type ResponseReader } from "./response-reader.ts";
import { createBodyWriter, type WriteBody } from "./request-body.ts";

export interface OpenaiCompletionsOptions extends UpstreamOptions {
  readonly compat: Compat;
}

interface Provider {
  readonly settings: OpenaiCompletionsOptions;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly writeBody: WriteBody;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

export function createOpenaiCompletions(
  settings: OpenaiCompletionsOptions,
  dispatcher: Dispatcher = createKeepAliveAgent(),
): (modelId: string) => Model {
  const provider = createProviderContext(settings, dispatcher);
  return (modelId) => (call, signal) =>
    streamModelCall(signal, (controller) => streamCompletion(provider, modelId, call, controller));
}

function createProviderContext(settings: OpenaiCompletionsOptions, dispatcher: Dispatcher): Provider {
  const url = new URL(settings.baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  const baseHeaders = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
  };
  const headers = mergeHeaders(baseHeaders, settings.headers);
  return {
    settings,
    url,
    headers,
    writeBody: createBodyWriter(settings.compat),
    upstream: toUpstream(settings),
    dispatcher,
  };
}

async function* streamCompletion(
  provider: Provider,
  modelId: string,
  call: ModelCall,
  controller: CallController,
): AsyncGenerator<ModelEventBatch, void> {
  const { settings, upstream } = provider;
  let response: Dispatcher.ResponseData | undefined;
  let reader: ResponseReader | undefined;
  try {
    if (controller.endReason() !== undefined) return;
    const body = provider.writeBody(modelId, call);
    controller.startTimer(settings.firstByteMs);
    response = await request(provider.url, {
      method: "POST",
      headers: provider.headers,
      body,
      signal: controller.signal,
      dispatcher: provider.dispatcher,
    });
    ignoreErrors(response.body);
    const { statusCode, headers } = response;
    if (statusCode < 200 || statusCode > 299) {
      const text = await readErrorText(response.body, settings.silenceMs, controller);
      yield { type: "error", error: toHttpStatusError(statusCode, headers, text, upstream) };
      return;
    }
    reader = createReader(headers["content-type"], call.stream, upstream);
    if (reader === undefined) {
      const type = String(headers["content-type"]).slice(0, 100);
      const problem = `answered with ${type} instead of a chat completion`;
      yield { type: "error", error: createProtocolError(upstream, problem) };
      return;
    }
    for await (const bytes of response.body.iterator({ destroyOnReturn: false })) {
      controller.pauseTimer();
      const events = reader.read(bytes);
      yield events;
      if (events.at(-1)?.type === "error" || controller.endReason() !== undefined) return;
      if (reader.isDone()) break;
      controller.startTimer(settings.silenceMs);
    }
    if (reader.isDone()) await drain(response.body, controller);
    // The response is complete: an abort has nothing left to end.
    controller.dispose();
    yield reader.end();
  } catch (thrown) {
    if (controller.endReason() === "aborted") return;
    if (reader?.isComplete()) yield reader.end();
    else yield { type: "error", error: toCallError(thrown, response !== undefined, upstream, controller) };
  } finally {
    controller.dispose();
    response?.body.destroy();
  }
}

/** A server that cannot stream may send JSON instead. Without a content type, the requested one is assumed. */
function createReader(
  type: string | string[] | undefined,
  stream: boolean,
  upstream: Upstream,
): ResponseReader | undefined {
  const name = String(type ?? (stream ? "text/event-stream" : "application/json")).toLowerCase();
  if (name.includes("json")) return createJsonReader(upstream);
  return stream && name.includes("text/event-stream") ? createStreamReader(upstream) : undefined;
}
