/** Encodes streamed examples of contracts as they are sent. */
import type { AnyExample, Endpoint } from "../../../contracts/endpoint.ts";
import { errorTable, type ErrorCode } from "../../../contracts/errors.ts";
import { frame } from "../../../contracts/sse.ts";

type StreamedExample = Extract<AnyExample, { events: unknown }>;

/** Returns the data of each SSE frame in order. */
export function encodeFrameData(
  { sentinel, eventNames }: Endpoint,
  { events, failure }: StreamedExample,
): readonly string[] {
  const data = events.map((event) => JSON.stringify(event));
  // Named events include the failure.
  if (failure !== undefined)
    return eventNames === undefined ? [...data, JSON.stringify({ error: createErrorBody(failure) })] : data;
  return sentinel === undefined ? data : [...data, sentinel];
}

/** Returns the stream byte for byte. */
export function encodeExample(endpoint: Endpoint, example: StreamedExample): string {
  const readEventName = (data: string): string | undefined => {
    if (data === endpoint.sentinel) return undefined;
    return endpoint.eventNames === "type"
      ? (JSON.parse(data) as { readonly type: string }).type
      : endpoint.eventNames;
  };
  return encodeFrameData(endpoint, example)
    .map((data) => frame(data, readEventName(data)))
    .join("");
}

/** Returns the `error` of a body or frame, with its keys in wire order. */
export function createErrorBody(error: { code: ErrorCode; message: string; param: string | null }): object {
  const { code, message, param } = error;
  return { message, type: errorTable[code].type, param, code };
}
