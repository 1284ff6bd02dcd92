/**
 * Serializes events that differ only in a text and a number from a template, which is cheaper than `JSON.stringify` of
 * each event.
 */
import { randomInt, randomUUID } from "node:crypto";

declare const eventType: unique symbol;

/** The JSON text of an `E`. */
export type SerializedEvent<E> = string & { readonly [eventType]: E };

/** Placeholders while a template is created. They are random, so no client can send them. */
const textMarker = randomUUID();
const numberMarker = randomInt(2 ** 46, 2 ** 47);

/** `createEvent` must put its text, unchanged, in exactly one field of the event. */
export function createDeltaTemplate<E>(
  createEvent: (text: string) => E,
): (text: string) => SerializedEvent<E> {
  const [head, tail] = splitAtMarker(JSON.stringify(createEvent(textMarker)), JSON.stringify(textMarker));
  return (text) => (head + JSON.stringify(text) + tail) as SerializedEvent<E>;
}

/** The same with a number, in exactly one field before the text. */
export function createSequencedDeltaTemplate<E>(
  createEvent: (number: number, text: string) => E,
): (number: number, text: string) => SerializedEvent<E> {
  const [head, rest] = splitAtMarker(
    JSON.stringify(createEvent(numberMarker, textMarker)),
    String(numberMarker),
  );
  const [middle, tail] = splitAtMarker(rest, JSON.stringify(textMarker));
  return (number, text) => `${head}${number}${middle}${JSON.stringify(text)}${tail}` as SerializedEvent<E>;
}

/** Returns the JSON of an event. A string is serialized already: all events of the contracts are objects. */
export function serializeEvent<E>(value: E | SerializedEvent<E>): SerializedEvent<E> {
  return (typeof value === "string" ? value : JSON.stringify(value)) as SerializedEvent<E>;
}

const typePrefix = '{"type":"';

/** Returns the `type` of an event, which must be its first field. */
export function parseEventType(serialized: string): string {
  if (!serialized.startsWith(typePrefix)) throw new Error("the first field of an event must be its type");
  return serialized.slice(typePrefix.length, serialized.indexOf('"', typePrefix.length));
}

function splitAtMarker(json: string, marker: string): readonly [string, string] {
  const [head, tail, ...extra] = json.split(marker);
  if (head === undefined || tail === undefined || extra.length > 0)
    throw new Error("a template must have exactly one place for each value");
  return [head, tail];
}
