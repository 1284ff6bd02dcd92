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

const providerName = /^[a-z][a-z0-9_-]{0,63}$/;

export const SecretProviderName = z
  .string()
  .max(64)
  .regex(providerName, "must be lower-case letters, digits, `_` and `-`, the first a letter");

/** A secret that the file only names. */
export const SecretRef = z
  .strictObject({
    source: z.enum(["env", "file", "exec", "store"]).describe("Where the secret is kept."),
    provider: SecretProviderName.optional().describe(
      "Name in `secrets.providers`. Default: `secrets.defaults`, else `default`.",
    ),
    id: z
      .string()
      .min(1)
      .max(256)
      .describe("A variable, a JSON pointer into a file or `value`, or a name that a program knows."),
  })
  .meta({ title: "SecretRef", description: "A secret that lies elsewhere." });
export type SecretRef = z.output<typeof SecretRef>;

/** A secret of the configuration: a string or a reference in the file, a `Secret` after parsing. */
export const SecretText = z.union([z.string().max(4096), SecretRef]).transform((value, context) => {
  if (typeof value === "string") return createSecret(value);
  // The references are resolved before the file is validated, so this one stands where none may.
  context.addIssue({ code: "custom", message: "the reference is not resolved" });
  return z.NEVER;
});
