/** `session`: when conversations begin anew by themselves, and when they are deleted. */
import { z } from "zod";
import { count, duration } from "./fields.ts";

const Reset = z
  .strictObject({
    mode: z
      .enum(["daily", "idle"])
      .describe(
        "`daily`: the first request after an hour of the day begins a new conversation under the same key. `idle`: the first one after a time of silence does.",
      ),
    atHour: z
      .int()
      .min(0)
      .max(23)
      .default(4)
      .describe("With `daily`: the hour, by the clock of the gateway's machine."),
    idleMinutes: count()
      .optional()
      .describe(
        "The time of silence, in minutes; 60 with `idle`. With `daily`, whichever comes first counts.",
      ),
  })
  .optional()
  .describe("Conversations begin anew; never, unless it is set.");

const Maintenance = z
  .strictObject({
    mode: z
      .enum(["enforce", "warn"])
      .default("enforce")
      .describe("`warn`: no session is deleted, the log says how many would be."),
    pruneAfter: duration()
      .default("30d")
      .describe("A session that was not used for so long is deleted: a number and `s`, `m`, `h` or `d`."),
    maxEntries: count()
      .optional()
      .describe(
        "Sessions that are kept at most, the longest unused are deleted first; any number, unless it is set.",
      ),
  })
  .prefault({});

export const Session = z
  .strictObject({ reset: Reset, maintenance: Maintenance })
  .prefault({})
  .describe("Stored conversations.");
