/** A secret string that prints and serialises as `[redacted]`. Only `reveal` returns its text. */
import { z } from "zod";

declare const brand: unique symbol;

export interface Secret {
  readonly [brand]: "Secret";
  toString(): string;
  toJSON(): string;
}

const redactedText = "[redacted]";
const textBySecret = new WeakMap<object, string>();

const secretPrototype = Object.freeze({
  toString: () => redactedText,
  toJSON: () => redactedText,
  [Symbol.for("nodejs.util.inspect.custom")]: () => redactedText,
});

function createSecret(text: string): Secret {
  const value = Object.freeze(Object.create(secretPrototype) as Secret);
  textBySecret.set(value, text);
  return value;
}

export function isSecret(value: object): value is Secret {
  return textBySecret.has(value);
}

export function reveal(value: Secret): string {
  const text = textBySecret.get(value);
  if (text === undefined) throw new TypeError("not a secret made by secret()");
  return text;
}

/** A secret of the configuration: a string in the file, a `Secret` after parsing. */
export const SecretText = z.string().max(4096).transform(createSecret);
