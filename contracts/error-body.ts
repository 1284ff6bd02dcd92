/** What a failure looks like on the wire. */
import { z } from "zod";
import { shortText } from "./limits.ts";

export const ErrorBody = z
  .object({
    error: z
      .object({
        message: z.string().max(4096).describe("What was wrong, where, and what would be right. For people."),
        type: shortText().describe("OpenAI's error class, for instance `invalid_request_error`."),
        param: shortText()
          .nullable()
          .describe("Path of the field at fault, for instance `messages[2].role`."),
        code: shortText().nullable().describe("Stable code to branch on, for instance `model_not_found`."),
      })
      .describe("All four keys are always there."),
  })
  .meta({ id: "Error", description: "Every failure of every `/v1` endpoint has this shape." });

/** What endpoints answer with whose replies say `ok` too. */
export const WrappedErrorBody = z
  .object({ ok: z.literal(false).describe("Always false."), error: ErrorBody.shape.error })
  .meta({ id: "WrappedError", description: "Every failure of `/tools/invoke` has this shape." });
