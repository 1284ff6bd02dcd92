/** `audit`: the record of who did what. */
import { z } from "zod";
import { duration } from "./fields.ts";

export const Audit = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        "Records rejected credentials, administration, changes of sessions, and tools, without content.",
      ),
    retention: duration()
      .default("30d")
      .describe("How long entries are kept: a number and `s`, `m`, `h` or `d`."),
  })
  .prefault({})
  .describe("The audit log, for `GET /audit`.");
