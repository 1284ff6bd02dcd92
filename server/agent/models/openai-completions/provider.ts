/** Models of any server that implements OpenAI's Chat Completions API. https://platform.openai.com/docs/api-reference/chat */
import type { Dispatcher } from "undici";
import type { Model, ModelCall, ModelEvent, ModelSink } from "../../types.ts";
import { GatewayError, toGatewayError } from "../../../lib/errors.ts";
import { decodeBody } from "../decode-body.ts";
import { createIdleTimer } from "../idle-timer.ts";
import {
  createIdleTimeoutError,
  toConnectionError,
  toHttpStatusError,
  type Upstream,
} from "../provider-errors.ts";
import {
  createKeepAlivePool,
  drainMs,
  maxErrorBodyBytes,
  mergeHeaders,
  toBasePath,
  toUpstream,
  type UpstreamOptions,
} from "../upstream.ts";
import type { Compat } from "./compat.ts";
import { createBodyWriter, type WriteBody } from "./request-body.ts";
import { createResponseReader, type ResponseReader } from "./response-reader.ts";
import { withWholeReplies } from "./whole-replies.ts";

export interface OpenaiCompletionsOptions extends UpstreamOptions {
  readonly compat: Compat;
}

interface Provider {
  readonly settings: OpenaiCompletionsOptions;
  readonly origin: string;
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly writeBody: WriteBody;
  readonly upstream: Upstream;
  readonly dispatcher: Dispatcher;
}

export function createOpenaiCompletions(
  settings: OpenaiCompletionsOptions,
  dispatcher?: Dispatcher,
): (modelId: string) => Model {
  const provider = createProvider(settings, dispatcher);
  return (modelId) => {
    const model: Model = (call, sink, signal) => {
      if (signal.aborted) return Promise.resolve();
      const outcome = Promise.withResolvers<void>();
      startCall(provider, modelId, call, sink, signal, outcome);
      return outcome.promise;
    };
    return withWholeReplies(model, settings.compat.requiresStreaming);
  };
}

function createProvider(settings: OpenaiCompletionsOptions, dispatcher: Dispatcher | undefined): Provider {
  const url = new URL(settings.baseUrl);
  url.pathname = `${toBasePath(url)}/chat/completions`;
  const baseHeaders = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
  };
  return {
    settings,
    origin: url.origin,
    host: url.host,
    path: url.pathname + url.search,
    headers: mergeHeaders(baseHeaders, settings.headers),
    writeBody: createBodyWriter(settings.compat),
    upstream: toUpstream(settings),
    dispatcher: dispatcher ?? createKeepAlivePool(url.origin),
  };
}

/** Sends the request. Each read of the response is parsed and pushed to the sink in one synchronous pass. */
function startCall(
  { settings, origin, host, path, headers, writeBody, upstream, dispatcher }: Provider,
  modelId: string,
  call: ModelCall,
  sink: ModelSink,
  signal: AbortSignal,
  outcome: PromiseWithResolvers<void>,
): void {
  let connection: Dispatcher.DispatchController | undefined;
  let hasResponse = false;
  /** Undefined until the headers of a successful response have arrived. */
  let reader: ResponseReader | undefined;
  /** Undefined unless the status is an error. */
  let errorBody: ErrorBody | undefined;
  let isSettled = false;

  /** Pushes the last events and settles the call, once. It rejects when the sink throws on one of them. */
  const settle = (events: readonly ModelEvent[]): void => {
    if (isSettled) return;
    isSettled = true;
    signal.removeEventListener("abort", onAbort);
    try {
      for (const event of events) sink.emit(event);
      outcome.resolve();
    } catch (thrown) {
      outcome.reject(thrown);
    }
  };
  const fail = (error: GatewayError): void => settle([{ type: "error", error }]);
  /** A connection that breaks after the reply is complete is no failure. */
  const endEarly = (createError: () => GatewayError): void => {
    if (reader?.isComplete() || reader?.isDone()) settle(reader.end());
    else if (errorBody !== undefined) settle([errorBody.toErrorEvent()]);
    else fail(createError());
    close();
  };
  const close = (): void => {
    timer.clear();
    connection?.abort(createEndedError());
  };
  const failAndClose = (thrown: unknown): void => {
    fail(toGatewayError(thrown));
    close();
  };
  const timer = createIdleTimer(() =>
    endEarly(() => createIdleTimeoutError(upstream, timer.getDurationMs())),
  );
  const onAbort = (): void => {
    settle([]);
    close();
  };
  const readChunk = (chunk: Buffer, body: ResponseReader): void => {
    for (const event of body.read(chunk)) {
      sink.emit(event);
      if (event.type === "error") {
        settle([]);
        close();
      }
      // The sink may have aborted the call.
      if (isSettled) return;
    }
    // A connection whose response ends soon is reused.
    if (body.isDone()) return timer.start(drainMs);
    const ready = sink.ready?.();
    if (ready === undefined) return timer.start(settings.silenceMs);
    pauseUntil(ready).catch(failAndClose);
  };
  const pauseUntil = async (ready: Promise<void>): Promise<void> => {
    connection?.pause();
    await ready;
    if (isSettled) return;
    timer.start(settings.silenceMs);
    // Pushes what was read meanwhile, which may pause the timer again.
    connection?.resume();
  };

  const handler = {
    onRequestStart(controller) {
      connection = controller;
      if (isSettled) close();
    },
    onResponseStart(controller, status, responseHeaders) {
      if (status < 200 || isSettled) return;
      connection = controller;
      hasResponse = true;
      if (status > 299) {
        errorBody = createErrorBody(status, responseHeaders, upstream);
        return timer.start(settings.silenceMs);
      }
      reader = createResponseReader(
        String(responseHeaders["content-type"] ?? ""),
        upstream,
        toModelKey(host, modelId),
      );
    },
    onResponseData(_, chunk) {
      // The rest of a complete response is ignored: it does not extend the time for its end.
      if (isSettled || reader?.isDone()) return;
      // The provider cannot send while the sink is busy.
      timer.pause();
      try {
        if (reader !== undefined) readChunk(chunk, reader);
        else if (errorBody?.append(chunk) === "full") endEarly(() => createEndedError());
        else timer.start(settings.silenceMs);
      } catch (thrown) {
        failAndClose(thrown);
      }
    },
    onResponseEnd() {
      timer.clear();
      if (errorBody !== undefined) settle([errorBody.toErrorEvent()]);
      else if (reader !== undefined && !isSettled) settle(reader.end());
    },
    onResponseError(_, thrown) {
      endEarly(() => toConnectionError(thrown, hasResponse, upstream));
    },
  } satisfies Dispatcher.DispatchHandler;

  signal.addEventListener("abort", onAbort);
  try {
    const body = writeBody(modelId, call, toModelKey(host, modelId));
    timer.start(settings.firstByteMs);
    const sentHeaders = call.traceHeaders === undefined ? headers : { ...headers, ...call.traceHeaders };
    dispatcher.dispatch({ origin, path, method: "POST", headers: sentHeaders, body }, decodeBody(handler));
  } catch (thrown) {
    endEarly(() => toConnectionError(thrown, hasResponse, upstream));
  }
}

/** Identifies the model at its host. What it attached to its turns is sent back to the same model only. */
const toModelKey = (host: string, modelId: string): string => `openai-completions ${host} ${modelId}`;

const createEndedError = (): GatewayError =>
  new GatewayError("run_aborted", "The call of the model has ended.");

interface ErrorBody {
  append(chunk: Buffer): "full" | "open";
  toErrorEvent(): ModelEvent;
}

/** Collects the start of an error body: the status alone is enough for a message. */
function createErrorBody(
  status: number,
  headers: Dispatcher.ResponseData["headers"],
  upstream: Upstream,
): ErrorBody {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    append(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      return size < maxErrorBodyBytes ? "open" : "full";
    },
    toErrorEvent() {
      const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxErrorBodyBytes));
      return { type: "error", error: toHttpStatusError(status, headers, text, upstream) };
    },
  };
}
