/** A streamed response. A stream of a background response resumes after a lost connection. */
import { GatewayRequestError } from "./errors.ts";
import { toEventError, parseEvent, readEvents, createStreamCutError } from "./event-stream.ts";
import type { Reply } from "./api-promise.ts";
import { openReplyStream, type ReplyStream } from "./reply-stream.ts";
import { canRetryRead, retry } from "./retry.ts";
import type { AgentResponse, ResponseEvent } from "./schemas.ts";
import { getRequestId } from "./transport.ts";

/**
 * The events of a response. A failed response yields its final events, then throws. A background or retrieved response
 * resumes after the last received event when the connection is lost.
 */
export interface ResponseStream extends ReplyStream<ResponseEvent> {
  /** Reads the stream to its end and returns the response of the last event. */
  response(): Promise<AgentResponse>;
  /** Reads the stream to its end and returns the text of the response. */
  text(): Promise<string>;
}

export interface ResponseStreamDeps {
  /** Number of failed attempts in a row after which a lost stream is given up. */
  readonly maxRetries: number;
  readonly open: (signal: AbortSignal) => Promise<Response>;
  /** Requests the events of a stored response after the sequence number `after`. */
  readonly reopen: (id: string, after: number | undefined, signal: AbortSignal) => Promise<Response>;
  /** Id of the stored response that `open` requests. Absent for a new response. */
  readonly id?: string;
  readonly after?: number | undefined;
}

export async function openResponseStream(
  callerSignal: AbortSignal | undefined,
  deps: ResponseStreamDeps,
): Promise<Reply<ResponseStream>> {
  const { data: stream, response: firstResponse } = await openReplyStream(
    callerSignal,
    deps.open,
    (response, signal) => readResponseEvents(deps, response, signal),
  );
  const response = async (): Promise<AgentResponse> => {
    let last: ResponseEvent | undefined;
    for await (const event of stream) last = event;
    if (last !== undefined && "response" in last) return last.response;
    throw new TypeError(
      "This stream started after the last event of its response: retrieve the response instead.",
    );
  };
  const text = async (): Promise<string> => outputText(await response());
  return { data: { ...stream, response, text }, response: firstResponse };
}

async function* readResponseEvents(
  { maxRetries, reopen, id: storedId, after }: ResponseStreamDeps,
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent, void> {
  let events = readConnectionEvents(response, signal);
  let isConnectionLost = false;
  /** Set when the stream can be resumed. */
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
    const { done, value: event } = await retry({ maxRetries, canRetry: canResume, signal }, next);
    if (done === true) {
      // A stream that starts after the last event has no events.
      if (!hasStarted && after !== undefined) return;
      throw createStreamCutError(getRequestId(response));
    }
    yield event;
    last = event.sequence_number;
    if (event.type === "response.created" && event.response.background) id = event.response.id;
    if (event.type === "response.completed" || event.type === "response.incomplete") return;
    if (event.type === "response.failed") throw toFailureError(event.response, getRequestId(response));
    if (event.type === "error") {
      // `response.failed` follows with the same error, except when the gateway has stopped.
      const { value: end } = await events.next().catch(() => ({ value: undefined }));
      signal.throwIfAborted();
      if (end !== undefined) yield end;
      throw toEventError(event, getRequestId(response));
    }
  }
}

/** Yields the events of one connection up to `[DONE]`. Throws `stream_cut` when it is missing. */
async function* readConnectionEvents(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent, void> {
  const requestId = getRequestId(response);
  for await (const data of readEvents(response, signal)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield parseEvent(data, requestId) as ResponseEvent;
  }
  throw createStreamCutError(requestId);
}

/** Converts the error of a failed response whose `error` event came before this stream. */
function toFailureError({ error }: AgentResponse, requestId: string | undefined): GatewayRequestError {
  const { code, message } = error ?? { code: "run_aborted", message: "The response was cancelled." };
  return new GatewayRequestError(message, { code, requestId });
}

/** Returns the joined text of all messages. Empty when the response has no text. */
export function outputText({ output }: AgentResponse): string {
  return output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("");
}
