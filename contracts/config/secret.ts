/** A text that must never be shown: it prints as `[redacted]` wherever it turns up. Only `reveal` gives the text. */
import { z } from "zod";

declare const brand: unique symbol;

export interface Secret {
  readonly [brand]: "Secret";
  toString(): string;
  toJSON(): string;
}

const redacted = "[redacted]";
const texts = new WeakMap<object, string>();

const face = Object.freeze({
  toString: () => redacted,
  toJSON: () => redacted,
  [Symbol.for("nodejs.util.inspect.custom")]: () => redacted,
});

function secret(text: string): Secret {
  const made = Object.freeze(Object.create(face) as Secret);
  texts.set(made, text);
  return made;
}

export function isSecret(value: object): value is Secret {
  return texts.has(value);
}

export function reveal(hidden: Secret): string {
  const text = texts.get(hidden);
  if (text === undefined) throw new TypeError("not a secret made by secret()");
  return text;
}

/** A configured secret: text in the file, a `Secret` once parsed. */
export const SecretText = z.string().max(4096).transform(secret);
