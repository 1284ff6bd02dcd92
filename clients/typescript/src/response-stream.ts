/** A streamed response: its events as they arrive, whole with the event that ends it. In the background it outlives a cut. */
import { GatewayRequestError } from "./errors.ts";
import { toEventError, parseEvent, readEvents, createStreamCutError } from "./event-stream.ts";
import { outputText } from "./output-text.ts";
import { openReplyStream, getRequestId, type StreamResponse, type ReplyStream } from "./reply-stream.ts";
import { canRetryRead, type Retry } from "./retry.ts";
import type { AgentResponse, ResponseEvent } from "./schemas.ts";

/**
 * A response that failed gives out the events that tell of it, then throws. One in the background, or looked up, is
 * read on when the line is lost, behind the last event that came.
 */
export interface ResponseStream extends ReplyStream<ResponseEvent> {
  /** Reads to the end: the response as its last event has it. */
  response(): Promise<AgentResponse>;
  /** Reads to the end: the whole text of the response. */
  text(): Promise<string>;
}

export interface ResponseStreamDeps {
  readonly retry: Retry;
  readonly open: (signal: AbortSignal) => Promise<StreamResponse>;
  /** Asks for the events of a stored response behind number `after`. */
  readonly reopen: (id: string, after: number | undefined, signal: AbortSignal) => Promise<StreamResponse>;
  /** What `open` asks for, when that is a stored response. */
  readonly id?: string;
  readonly after?: number | undefined;
}

export async function openResponseStream(
  callerSignal: AbortSignal | undefined,
  deps: ResponseStreamDeps,
): Promise<ResponseStream> {
  const stream = await openReplyStream(callerSignal, deps.open, (streamResponse, signal) =>
    readResponseEvents(deps, streamResponse, signal),
  );
  const response = async (): Promise<AgentResponse> => {
    let last: ResponseEvent | undefined;
    for await (const event of stream) last = event;
    if (last !== undefined && "response" in last) return last.response;
    throw new TypeError("This stream began behind the end of its response: retrieve the response instead.");
  };
  return { ...stream, response, text: async () => outputText(await response()) };
}

async function* readResponseEvents(
  { retry, reopen, id: storedId, after }: ResponseStreamDeps,
  streamResponse: StreamResponse,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent, void> {
  let events = readConnectionEvents(streamResponse, signal);
  let isConnectionLost = false;
  /** Known when the response outlives the line. */
  let id = storedId;
  let last = after;

  const next = async (): Promise<IteratorResult<ResponseEvent, void>> => {
    if (isConnectionLost && id !== undefined)
      events = readConnectionEvents(await reopen(id, last, signal), signal);
    isConnectionLost = true;
    const read = await events.next();
    isConnectionLost = false;
    return read;
  };
  const canResume = (error: GatewayRequestError): boolean =>
    id !== undefined && (error.code === "stream_cut" || canRetryRead(error));

  for (let hasStarted = false; ; hasStarted = true) {
    const { done, value: event } = await retry(canResume, signal, next);
    if (done === true) {
      // Who begins behind the last event is told nothing.
      if (!hasStarted && after !== undefined) return;
      throw createStreamCutError(getRequestId(streamResponse));
    }
    yield event;
    last = event.sequence_number;
    if (event.type === "response.created" && event.response.background) id = event.response.id;
    if (event.type === "response.completed" || event.type === "response.incomplete") return;
    if (event.type === "response.failed") throw toFailureError(event.response, getRequestId(streamResponse));
    if (event.type === "error") {
      // `response.failed` says no more about it, and does not come when the gateway stopped.
      const { value: end } = await events.next().catch(() => ({ value: undefined }));
      signal.throwIfAborted();
      if (end !== undefined) yield end;
      throw toEventError(event, getRequestId(streamResponse));
    }
  }
}

/** What comes over one connection: to its `[DONE]`, or to where it is cut. */
async function* readConnectionEvents(
  streamResponse: StreamResponse,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent, void> {
  const requestId = getRequestId(streamResponse);
  for await (const data of readEvents(streamResponse.data, signal, requestId)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield parseEvent(data, requestId) as ResponseEvent;
  }
  throw createStreamCutError(requestId);
}

/** Of a response whose `error` event was before this stream. */
function toFailureError({ error }: AgentResponse, requestId: string | undefined): GatewayRequestError {
  const { code, message } = error ?? { code: "run_aborted", message: "The response was cancelled." };
  return new GatewayRequestError(message, { code, requestId });
}
