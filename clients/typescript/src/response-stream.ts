/** A streamed response: its events as they arrive, whole with the event that ends it. In the background it outlives a cut. */
import { GatewayRequestError } from "./errors.ts";
import { errorOfEvent, parseEvent, readEvents, streamCut } from "./event-stream.ts";
import { outputText } from "./output-text.ts";
import { openReply, requestIdOf, type Opened, type ReplyStream } from "./reply-stream.ts";
import { mayReadAgain, type Retry } from "./retry.ts";
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

export interface ResponseStreamParts {
  readonly retry: Retry;
  readonly open: (signal: AbortSignal) => Promise<Opened>;
  /** Asks for the events of a stored response behind number `after`. */
  readonly reopen: (id: string, after: number | undefined, signal: AbortSignal) => Promise<Opened>;
  /** What `open` asks for, when that is a stored response. */
  readonly id?: string;
  readonly after?: number | undefined;
}

export async function openResponseStream(
  asked: AbortSignal | undefined,
  parts: ResponseStreamParts,
): Promise<ResponseStream> {
  const stream = await openReply(asked, parts.open, (opened, signal) => eventsOf(parts, opened, signal));
  const response = async (): Promise<AgentResponse> => {
    let last: ResponseEvent | undefined;
    for await (const event of stream) last = event;
    if (last !== undefined && "response" in last) return last.response;
    throw new TypeError("This stream began behind the end of its response: retrieve the response instead.");
  };
  return { ...stream, response, text: async () => outputText(await response()) };
}

async function* eventsOf(
  { retry, reopen, id: lookedUp, after }: ResponseStreamParts,
  opened: Opened,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent, void> {
  let line = eventsOfLine(opened, signal);
  let lost = false;
  /** Known when the response outlives the line. */
  let id = lookedUp;
  let last = after;

  const next = async (): Promise<IteratorResult<ResponseEvent, void>> => {
    if (lost && id !== undefined) line = eventsOfLine(await reopen(id, last, signal), signal);
    lost = true;
    const read = await line.next();
    lost = false;
    return read;
  };
  const mayGoOn = (error: GatewayRequestError): boolean =>
    id !== undefined && (error.code === "stream_cut" || mayReadAgain(error));

  for (let begun = false; ; begun = true) {
    const { done, value: event } = await retry(mayGoOn, signal, next);
    if (done === true) {
      // Who begins behind the last event is told nothing.
      if (!begun && after !== undefined) return;
      throw streamCut(requestIdOf(opened));
    }
    yield event;
    last = event.sequence_number;
    if (event.type === "response.created" && event.response.background) id = event.response.id;
    if (event.type === "response.completed" || event.type === "response.incomplete") return;
    if (event.type === "response.failed") throw errorOfFailed(event.response, requestIdOf(opened));
    if (event.type === "error") {
      // `response.failed` says no more about it, and does not come when the gateway stopped.
      const { value: end } = await line.next().catch(() => ({ value: undefined }));
      signal.throwIfAborted();
      if (end !== undefined) yield end;
      throw errorOfEvent(event, requestIdOf(opened));
    }
  }
}

/** What comes over one connection: to its `[DONE]`, or to where it is cut. */
async function* eventsOfLine(opened: Opened, signal: AbortSignal): AsyncGenerator<ResponseEvent, void> {
  const requestId = requestIdOf(opened);
  for await (const data of readEvents(opened.data, signal, requestId)) {
    if (data === "[DONE]") return;
    signal.throwIfAborted();
    yield parseEvent(data, requestId) as ResponseEvent;
  }
  throw streamCut(requestId);
}

/** Of a response whose `error` event was before this stream. */
function errorOfFailed({ error }: AgentResponse, requestId: string | undefined): GatewayRequestError {
  const { code, message } = error ?? { code: "run_aborted", message: "The response was cancelled." };
  return new GatewayRequestError(message, { code, requestId });
}
