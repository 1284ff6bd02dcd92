/** `usage`: what is recorded about model calls, and for how long. */
import { z } from "zod";
import { duration } from "./fields.ts";

export const Usage = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Stores a row for each model call: who made it, its tokens, cost and times, no content."),
    retention: duration()
      .default("90d")
      .describe(
        "How long these rows are kept: a number and `s`, `m`, `h` or `d`. Sums by hour are kept for 800 days.",
      ),
  })
  .prefault({})
  .describe("The record of model calls, for `GET /usage`.");
