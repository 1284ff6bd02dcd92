/** `session`: when conversations are reset and deleted automatically. */
import { z } from "zod";
import { count, duration } from "./fields.ts";

const Reset = z
  .strictObject({
    mode: z
      .enum(["daily", "idle"])
      .describe(
        "When the next request starts a new conversation under the same key. `daily`: after an hour of the day. `idle`: after a time without requests.",
      ),
    atHour: z
      .int()
      .min(0)
      .max(23)
      .default(4)
      .describe("For `daily`: the hour, in the time zone of the gateway's machine."),
    idleMinutes: count()
      .optional()
      .describe(
        "Time without requests, in minutes; default 60 for `idle`. For `daily` it applies in addition: the first of both resets.",
      ),
  })
  .optional()
  .describe("Automatic resets. Without it, conversations are never reset.");

const Maintenance = z
  .strictObject({
    mode: z
      .enum(["enforce", "warn"])
      .default("enforce")
      .describe("`warn` deletes nothing and logs how many sessions would be deleted."),
    pruneAfter: duration()
      .default("30d")
      .describe("Sessions unused for this long are deleted: a number and `s`, `m`, `h` or `d`."),
    maxEntries: count()
      .optional()
      .describe("Most sessions to keep; those unused longest are deleted first. Default: no limit."),
  })
  .prefault({})
  .describe("Which sessions are deleted.");

export const Session = z
  .strictObject({ reset: Reset, maintenance: Maintenance })
  .prefault({})
  .describe("Stored conversations.");
