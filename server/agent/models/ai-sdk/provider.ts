/** Models of a provider that is called through a package of the AI SDK. Errors are events, and nothing is retried. */
import type { Dispatcher } from "undici";
import { GatewayError, toGatewayError } from "../../../lib/errors.ts";
import type { ModelCall, ModelEvent, ModelStream } from "../../types.ts";
import { withDecodedBodies } from "../decode-body.ts";
import { bufferUnstreamed } from "../model-middleware.ts";
import { createIncompleteResponseError, createProtocolError, type Upstream } from "../provider-errors.ts";
import { withStopSequences } from "../stop-sequences.ts";
import { createKeepAliveAgent, toBasePath, toUpstream, type UpstreamOptions } from "../upstream.ts";
import { streamModelCall, type CallController } from "../call-controller.ts";
import type { Api, Target } from "./api.ts";
import { toCallOptions } from "./call-options.ts";
import { createTokenCounter, type CountTokens } from "./count-tokens.ts";
import { createProviderFetch, type ProviderServer } from "./provider-fetch.ts";
import { createPartReader, type StreamFailure } from "./read-parts.ts";

export type AiSdkOptions = Omit<UpstreamOptions, "baseUrl"> & {
  readonly baseUrl: string | undefined;
  /** Absent: only OpenAI's own hosts do. */
  readonly supportsCustomTools?: boolean | undefined;
};

export interface AiSdkModel {
  readonly stream: ModelStream;
  readonly countTokens: CountTokens | undefined;
}

export function createAiSdkProvider(
  api: Api,
  options: AiSdkOptions,
  dispatcher: Dispatcher = createKeepAliveAgent(),
): (modelId: string) => AiSdkModel {
  const settings = { ...options, baseUrl: withVersion(options.baseUrl ?? api.baseUrl, api) };
  const baseUrl = new URL(settings.baseUrl);
  const server: ProviderServer = {
    settings,
    api,
    baseUrl,
    upstream: toUpstream(settings),
    dispatcher: withDecodedBodies(dispatcher),
  };
  const isOfficial = api.officialHosts.some((host) => `.${baseUrl.hostname}`.endsWith(`.${host}`));
  const isCounted = isOfficial || api.counter?.isOfficialOnly === false;
  const createCounter = isCounted ? createTokenCounter(server) : undefined;
  let hasPhases = isOfficial && api.name === "openai-responses";
  const recordPhase = (): void => void (hasPhases = true);
  return (modelId) => {
    const createTarget = (): Target => ({
      modelId,
      key: `${api.name} ${baseUrl.host} ${modelId}`,
      isOfficial,
      supportsCustomTools: options.supportsCustomTools ?? isOfficial,
      supportsPhases: hasPhases,
    });
    const model: ModelStream = (call, signal) =>
      streamModelCall(signal, (controller) =>
        streamResponse(server, createTarget(), call, controller, recordPhase),
      );
    return {
      stream: bufferUnstreamed(api.supportsStopSequences ? model : withStopSequences(model)),
      countTokens: createCounter?.(createTarget()),
    };
  };
}

/** Appends the API's version to a base URL without one. */
function withVersion(baseUrl: string, api: Api): string {
  const url = new URL(baseUrl);
  const path = toBasePath(url);
  url.pathname = /\/v\d+(?:alpha|beta)?$/.test(path) ? path : path + new URL(api.baseUrl).pathname;
  return url.href;
}

async function* streamResponse(
  server: ProviderServer,
  target: Target,
  call: ModelCall,
  controller: CallController,
  onPhase: () => void,
): AsyncGenerator<ModelEvent, void> {
  const { api, baseUrl, upstream } = server;
  const providerFetch = createProviderFetch(server, controller, call);
  try {
    if (controller.endReason() !== undefined) return;
    const options = toCallOptions(api, target, call);
    const baseURL = `${baseUrl.origin}${baseUrl.pathname}`;
    const model = await api.loadModel({ baseURL, fetch: providerFetch.fetch }, target.modelId);
    const { stream } = await model.doStream(options);
    const reader = createPartReader(api, target.key, onPhase);
    let finishEvents: readonly ModelEvent[] | undefined;
    for await (const part of stream) {
      const events = reader.read(part);
      if (controller.endReason() === "aborted") return;
      if (events === "truncated" || events === "failed" || events === "unrecognized") {
        yield { type: "error", error: providerFetch.error() ?? toStreamError(events, upstream) };
        return;
      }
      // The finish event waits: the connection is reused only if the stream is read to its end.
      if (part.type === "finish") finishEvents = events;
      else yield* events;
    }
    if (controller.endReason() === "aborted") return;
    // The response is complete: an abort has nothing left to end.
    controller.dispose();
    const error =
      providerFetch.error() ??
      (finishEvents === undefined ? createIncompleteResponseError(upstream) : undefined);
    if (error === undefined) yield* finishEvents ?? [];
    else yield { type: "error", error: error };
  } catch (thrown) {
    if (controller.endReason() === "aborted") return;
    yield {
      type: "error",
      error: providerFetch.error() ?? toThrownError(thrown, providerFetch.isSent(), upstream),
    };
  } finally {
    controller.dispose();
    providerFetch.close();
  }
}

function toStreamError(failure: StreamFailure, upstream: Upstream): GatewayError {
  if (failure === "truncated") return createIncompleteResponseError(upstream);
  if (failure === "failed") return new GatewayError("upstream_error", `${upstream.name} failed.`);
  return createUnrecognizedResponseError(upstream);
}

/** After the request was sent, the package's errors may quote the response, which must not be logged. */
const toThrownError = (thrown: unknown, isSent: boolean, upstream: Upstream): GatewayError =>
  isSent ? createUnrecognizedResponseError(upstream) : toGatewayError(thrown);

const createUnrecognizedResponseError = (upstream: Upstream): GatewayError =>
  createProtocolError(upstream, "sent a response that is not part of this API");
