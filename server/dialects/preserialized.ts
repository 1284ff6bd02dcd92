/** Events that differ in a text and a number only, as JSON made from a template: nothing is built and serialised again for each. */
import { randomInt, randomUUID } from "node:crypto";

declare const eventType: unique symbol;

/** The JSON text of an `E`. */
export type SerializedEvent<E> = string & { readonly [eventType]: E };

/** They stand for text and number while a template is made; nobody can put them into an event from outside. */
const textMarker = randomUUID();
const numberMarker = randomInt(2 ** 46, 2 ** 47);

/** `make` must put its text, unchanged, in one place of the event. */
export function deltaTemplate<E>(createEvent: (text: string) => E): (text: string) => SerializedEvent<E> {
  const [head, tail] = splitAtMarker(JSON.stringify(createEvent(textMarker)), JSON.stringify(textMarker));
  return (text) => (head + JSON.stringify(text) + tail) as SerializedEvent<E>;
}

/** The same with a number that comes before the text, in one place too. */
export function sequencedDeltaTemplate<E>(
  createEvent: (number: number, text: string) => E,
): (number: number, text: string) => SerializedEvent<E> {
  const [head, rest] = splitAtMarker(
    JSON.stringify(createEvent(numberMarker, textMarker)),
    String(numberMarker),
  );
  const [middle, tail] = splitAtMarker(rest, JSON.stringify(textMarker));
  return (number, text) => `${head}${number}${middle}${JSON.stringify(text)}${tail}` as SerializedEvent<E>;
}

/** An event as JSON, unless it is that already: contracts have objects only. */
export function serializeEvent<E>(value: E | SerializedEvent<E>): SerializedEvent<E> {
  return (typeof value === "string" ? value : JSON.stringify(value)) as SerializedEvent<E>;
}

const typePrefix = '{"type":"';

/** The `type` of an event, which has to be its first field. */
export function typeOfSerialized(serialized: string): string {
  if (!serialized.startsWith(typePrefix)) throw new Error("an event with a name says its type first");
  return serialized.slice(typePrefix.length, serialized.indexOf('"', typePrefix.length));
}

function splitAtMarker(json: string, marker: string): readonly [string, string] {
  const [head, tail, ...extra] = json.split(marker);
  if (head === undefined || tail === undefined || extra.length > 0)
    throw new Error("a template has one place for what it is given");
  return [head, tail];
}
