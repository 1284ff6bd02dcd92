/** What a streamed example is on the wire: the data of its frames, in their order. */
import type { AnyExample, Endpoint } from "../../contracts/endpoint.ts";
import { errorTable, type ErrorCode } from "../../contracts/errors.ts";

type StreamedExample = Extract<AnyExample, { events: unknown }>;

export function frameData({ sentinel }: Endpoint, { events, failure }: StreamedExample): readonly string[] {
  const data = events.map((event) => JSON.stringify(event));
  if (failure !== undefined) return [...data, JSON.stringify({ error: exampleError(failure) })];
  return sentinel === undefined ? data : [...data, sentinel];
}

/** The `error` of a body or frame, its keys in the order they are sent in. */
export function exampleError(error: { code: ErrorCode; message: string; param: string | null }): object {
  const { code, message, param } = error;
  return { message, type: errorTable[code].type, param, code };
}
