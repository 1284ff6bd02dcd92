/** Parts of schemas for forms of older clients. Validation turns each into the usual form. */
import { z } from "zod";
import { argumentsObject, longText } from "../limits.ts";

/** The `type` of a variant that some clients send without one. Use it with `addType`. */
export const optionalType = <T extends string>(type: T): z.ZodOptional<z.ZodNullable<z.ZodLiteral<T>>> =>
  z.literal(type).nullish().describe(`\`${type}\`, or left out.`);

/**
 * Adds the `type` to a variant, after its validation. A transform of the field alone does not abort: a faulty object would then
 * match two variants of a union, and the error would not name the faulty field.
 */
export const addType =
  <Type extends string>(
    type: Type,
  ): (<Variant extends object>(variant: Variant) => Variant & { type: Type }) =>
  (variant) => ({ ...variant, type });

/** The arguments of an earlier call. The validated value is JSON text, as models write it. */
export const callArguments = z
  .union([longText(), argumentsObject])
  .meta({ id: "CallArguments", description: "JSON text, or an object." })
  .nullish()
  .transform((value) => (typeof value === "string" ? value : JSON.stringify(value ?? {})))
  .describe("JSON text of the arguments, as in the reply. An object is accepted too. Default: `{}`.");

/** Clients send 0 or −1 for no limit of tokens. The validated value is null then. */
export const toTokenLimit = (tokens: number): number | null => (tokens > 0 ? tokens : null);
