/** The configuration schema. Validation, defaults, documentation and the JSON Schema for editors are derived from it. */
import { z } from "zod";
import { Agents } from "./agents.ts";
import { Audit } from "./audit.ts";
import { Budgets } from "./budgets.ts";
import { Diagnostics } from "./diagnostics.ts";
import { Env } from "./env.ts";
import { bytes, count, duration, filePath } from "./fields.ts";
import { Hooks } from "./hooks.ts";
import { Gateway } from "./gateway.ts";
import { Models } from "./models.ts";
import type { Secret } from "./secret.ts";
import { Secrets } from "./secrets.ts";
import { Session } from "./session.ts";
import { Tools } from "./tools.ts";
import { Usage } from "./usage.ts";

const Logging = z
  .strictObject({
    level: z
      .enum(["silent", "fatal", "error", "warn", "info", "debug", "trace"])
      .default("info")
      .describe("Lowest level that is logged."),
    format: z
      .enum(["json", "text", "pretty"])
      .default("json")
      .describe(
        "`json`: one object per line. `text`: readable lines. `pretty`: short, colored lines for a terminal.",
      ),
    file: filePath()
      .optional()
      .describe(
        "A file that the log goes to instead of standard error. Relative to the folder of this file.",
      ),
    maxFileBytes: bytes()
      .default(104_857_600)
      .describe("A log file of this size is renamed, and a new one begun. So it is each day in UTC."),
    maxFiles: count().default(10).describe("Renamed log files that are kept."),
    retention: duration()
      .default("30d")
      .describe("The age at which renamed log files are deleted: a number and `s`, `m`, `h` or `d`."),
  })
  .prefault({})
  .describe("The log: on standard error, or in a file.");

export const Config = z.strictObject({
  $schema: z
    .string()
    .max(2048)
    .optional()
    .describe("URL or path of the JSON Schema of this file, for editors."),
  gateway: Gateway,
  agents: Agents,
  models: Models,
  tools: Tools,
  session: Session,
  hooks: Hooks,
  usage: Usage,
  budgets: Budgets,
  audit: Audit,
  logging: Logging,
  diagnostics: Diagnostics,
  env: Env,
  secrets: Secrets,
});

type Frozen<T> = T extends Secret ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** The parsed configuration: complete and frozen. */
export type Config = Frozen<z.output<typeof Config>>;

/** The content of a configuration file. */
export type ConfigInput = z.input<typeof Config>;
