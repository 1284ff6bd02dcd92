/** Events that differ in a text and a number only, as JSON made from a template: nothing is built and serialised again for each. */
import { randomInt, randomUUID } from "node:crypto";

declare const event: unique symbol;

/** The JSON text of an `E`. */
export type Encoded<E> = string & { readonly [event]: E };

/** They stand for text and number while a template is made; nobody can put them into an event from outside. */
const textMarker = randomUUID();
const numberMarker = randomInt(2 ** 46, 2 ** 47);

/** `make` must put its text, unchanged, in one place of the event. */
export function textTemplate<E>(make: (text: string) => E): (text: string) => Encoded<E> {
  const [head, tail] = halves(JSON.stringify(make(textMarker)), JSON.stringify(textMarker));
  return (text) => (head + JSON.stringify(text) + tail) as Encoded<E>;
}

/** The same with a number that comes before the text, in one place too. */
export function numberedTextTemplate<E>(
  make: (number: number, text: string) => E,
): (number: number, text: string) => Encoded<E> {
  const [head, rest] = halves(JSON.stringify(make(numberMarker, textMarker)), String(numberMarker));
  const [middle, tail] = halves(rest, JSON.stringify(textMarker));
  return (number, text) => `${head}${number}${middle}${JSON.stringify(text)}${tail}` as Encoded<E>;
}

/** An event as JSON, unless it is that already: contracts have objects only. */
export function encode<E>(made: E | Encoded<E>): Encoded<E> {
  return (typeof made === "string" ? made : JSON.stringify(made)) as Encoded<E>;
}

const beforeType = '{"type":"';

/** The `type` of an event, which has to be its first field. */
export function typeOfEncoded(encoded: string): string {
  if (!encoded.startsWith(beforeType)) throw new Error("an event with a name says its type first");
  return encoded.slice(beforeType.length, encoded.indexOf('"', beforeType.length));
}

function halves(json: string, marker: string): readonly [string, string] {
  const [head, tail, ...more] = json.split(marker);
  if (head === undefined || tail === undefined || more.length > 0)
    throw new Error("a template has one place for what it is given");
  return [head, tail];
}
