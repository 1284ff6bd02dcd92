/** Reads the events of one streamed response, whatever they say: what the streams of all endpoints share. */
import { GatewayRequestError, isErrorBody, type ClientErrorCode } from "./errors.ts";
import type { ErrorBody } from "./schemas.ts";
import { createEventParser } from "./sse.ts";

/** The `data` of each event. It ends where the response ends, well or not; a response that is cut throws `stream_cut`. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  requestId: string | undefined,
): AsyncGenerator<string, void> {
  const parse = createEventParser();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((thrown: unknown) => {
      throw signal.aborted ? signal.reason : createStreamCutError(requestId, thrown);
    });
    if (done) return;
    yield* parse(value);
  }
}

/** The JSON of an event. Throws the failure that it may tell of. */
export function parseFrame(data: string, requestId: string | undefined): unknown {
  const frame = parseEvent(data, requestId);
  if (isErrorBody(frame)) throw toEventError(frame, requestId);
  return frame;
}

/** The failure that an event tells of. */
export function toEventError({ error }: ErrorBody, requestId: string | undefined): GatewayRequestError {
  return new GatewayRequestError(error.message, { ...error, requestId });
}

export function createStreamCutError(requestId: string | undefined, cause?: unknown): GatewayRequestError {
  const code: ClientErrorCode = "stream_cut";
  return new GatewayRequestError("The stream ended before its end was told: it is not whole.", {
    code,
    requestId,
    cause,
  });
}

/** The JSON of an event, whatever it tells of. */
export function parseEvent(data: string, requestId: string | undefined): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    const code: ClientErrorCode = "invalid_response";
    throw new GatewayRequestError("The stream has an event that is not JSON.", { code, requestId, cause });
  }
}
