/** Parts of schemas for forms of older clients. Validation turns each into the usual form. */
import { z } from "zod";
import { anyObject, longText } from "../limits.ts";

/** The `type` of a variant that some clients send without one. Its schema adds the type. */
export const absentType = z.null().optional().describe("Left out.");

/** The arguments of an earlier call. The validated value is JSON text, as models write it. */
export const callArguments = z
  .union([longText(), anyObject()])
  .meta({ id: "CallArguments", description: "JSON text, or an object." })
  .nullish()
  .transform((value) => (typeof value === "string" ? value : JSON.stringify(value ?? {})))
  .describe("JSON text of the arguments, as in the reply. An object is accepted too. Default: `{}`.");
