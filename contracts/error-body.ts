/** The JSON body of an error. */
import { z } from "zod";
import { shortText } from "./limits.ts";

export const ErrorBody = z
  .object({
    error: z
      .object({
        message: z.string().max(4096).describe("What is wrong, where, and how to fix it. For people."),
        type: shortText().describe("OpenAI's error type, for example `invalid_request_error`."),
        param: shortText().nullable().describe("Path of the invalid field, for example `messages[2].role`."),
        code: shortText().describe(
          "Stable code for programs, for example `model_not_found`. Each response lists its codes; later versions may add others.",
        ),
      })
      .meta({ id: "ErrorDetails", description: "An error. All four keys are always present." }),
  })
  .meta({ id: "ErrorBody", description: "The body of every error of a `/v1` endpoint." });

/** The error body of endpoints whose replies have `ok`. */
export const WrappedErrorBody = z
  .object({ ok: z.literal(false).describe("Always false."), error: ErrorBody.shape.error })
  .meta({
    id: "WrappedErrorBody",
    description: "The body of every error of `/tools/invoke` and `/sessions`.",
  });
