/** Events that differ in one text only, as JSON made from a template: nothing is built and serialised again for each. */
import { randomUUID } from "node:crypto";

declare const event: unique symbol;

/** The JSON text of an `E`. */
export type Encoded<E> = string & { readonly [event]: E };

/** Stands for the text while the template is made; nobody can put it into an event from outside. */
const marker = randomUUID();

/** `make` must put its text, unchanged, in one place of the event. */
export function textTemplate<E>(make: (text: string) => E): (text: string) => Encoded<E> {
  const [head, tail, ...more] = JSON.stringify(make(marker)).split(JSON.stringify(marker));
  if (head === undefined || tail === undefined || more.length > 0)
    throw new Error("a template has one place for its text");
  return (text) => (head + JSON.stringify(text) + tail) as Encoded<E>;
}
