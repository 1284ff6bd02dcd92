/** What a streamed example is on the wire. */
import type { AnyExample, Endpoint } from "../../../contracts/endpoint.ts";
import { errorTable, type ErrorCode } from "../../../contracts/errors.ts";
import { frame } from "../../../contracts/sse.ts";

type StreamedExample = Extract<AnyExample, { events: unknown }>;

/** The data of its frames, in their order. */
export function frameDataOf(
  { sentinel, eventNames }: Endpoint,
  { events, failure }: StreamedExample,
): readonly string[] {
  const data = events.map((event) => JSON.stringify(event));
  // Events with names tell of a failure themselves.
  if (failure !== undefined)
    return eventNames === undefined ? [...data, JSON.stringify({ error: createErrorBody(failure) })] : data;
  return sentinel === undefined ? data : [...data, sentinel];
}

/** All of it, byte for byte. */
export function encodeExample(endpoint: Endpoint, example: StreamedExample): string {
  const eventNameOf = (data: string): string | undefined =>
    endpoint.eventNames === undefined || data === endpoint.sentinel
      ? undefined
      : (JSON.parse(data) as { readonly type: string }).type;
  return frameDataOf(endpoint, example)
    .map((data) => frame(data, eventNameOf(data)))
    .join("");
}

/** The `error` of a body or frame, its keys in the order they are sent in. */
export function createErrorBody(error: { code: ErrorCode; message: string; param: string | null }): object {
  const { code, message, param } = error;
  return { message, type: errorTable[code].type, param, code };
}
