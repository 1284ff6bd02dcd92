/** Reads the events of one streamed response. Shared by the streams of all endpoints. */
import { GatewayRequestError, isErrorBody, readError, type ClientErrorCode } from "./errors.ts";
import type { ErrorBody, MessagesErrorBody } from "./schemas.ts";
import { createEventParser } from "./sse.ts";
import { getRequestId } from "./transport.ts";

/** Yields the `data` of each event. Throws `stream_cut` when the connection fails. */
export async function* readEvents(response: Response, signal: AbortSignal): AsyncGenerator<string, void> {
  const parse = createEventParser();
  // `open` of the transport has made sure that there is a body.
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((thrown: unknown) => {
      throw signal.aborted ? signal.reason : createStreamCutError(getRequestId(response), thrown);
    });
    if (done) return;
    yield* parse(value);
  }
}

/** Parses an event. Throws the error when it is an error event. */
export function parseFrame(data: string, requestId: string | undefined): unknown {
  const frame = parseEvent(data, requestId);
  if (isErrorBody(frame)) throw toEventError(frame, requestId);
  return frame;
}

/** Converts an error event. */
export function toEventError(
  body: ErrorBody | MessagesErrorBody,
  requestId: string | undefined,
): GatewayRequestError {
  return new GatewayRequestError(body.error.message, { ...readError(body), requestId });
}

export function createStreamCutError(requestId: string | undefined, cause?: unknown): GatewayRequestError {
  const code: ClientErrorCode = "stream_cut";
  return new GatewayRequestError("The stream ended before its final event. It is incomplete.", {
    code,
    requestId,
    cause,
  });
}

/** Parses an event, also an error event. */
export function parseEvent(data: string, requestId: string | undefined): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    const code: ClientErrorCode = "invalid_response";
    throw new GatewayRequestError("The stream has an event that is not JSON.", { code, requestId, cause });
  }
}
