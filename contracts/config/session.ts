/** `session`: when conversations are reset and deleted automatically. */
import { z } from "zod";
import { count, duration } from "./fields.ts";
import { SecretText } from "./secret.ts";

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

const Store = z
  .strictObject({
    type: z
      .enum(["sqlite", "postgres"])
      .optional()
      .describe(
        "`sqlite`: a file in the state folder, for one gateway. `postgres`: a database that any number of gateways share. Default: `postgres` where an address is set, else `sqlite`.",
      ),
    url: SecretText.optional().describe(
      "Address of the PostgreSQL server, `postgres://user:password@host:5432/database`. Default: the variable OPENCLAW_DATABASE_URL. A pooler in transaction mode may stand in between.",
    ),
    listenUrl: SecretText.optional().describe(
      "Address of the same server without a pooler, for LISTEN. Default: `url`.",
    ),
    poolSize: z
      .int()
      .min(2)
      .max(500)
      .default(10)
      .describe("Most connections of this gateway to the server, besides the one for LISTEN."),
    schema: z
      .string()
      .max(63)
      .regex(/^[a-z_][a-z0-9_]*$/, "must be lower-case letters, digits and `_`, the first no digit")
      .default("openclaw")
      .describe("Schema of the tables. It is created if it does not exist."),
  })
  .prefault({})
  .describe("Where conversations, responses, keys, usage, budgets and the audit log are stored.");

export const Session = z
  .strictObject({ store: Store, reset: Reset, maintenance: Maintenance })
  .prefault({})
  .describe("Stored conversations.");
