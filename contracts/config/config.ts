/** The configuration: one schema gives validation, defaults, documentation and the editors' JSON Schema. */
import { z } from "zod";
import { Agents } from "./agents.ts";
import { Gateway } from "./gateway.ts";
import { Models } from "./models.ts";
import type { Secret } from "./secret.ts";
import { Session } from "./session.ts";
import { Tools } from "./tools.ts";

const Logging = z
  .strictObject({
    level: z
      .enum(["silent", "fatal", "error", "warn", "info", "debug", "trace"])
      .default("info")
      .describe("The least severe lines that are written."),
    format: z
      .enum(["json", "text"])
      .default("json")
      .describe("One JSON object a line for machines, or text for people."),
  })
  .prefault({})
  .describe("The log, on standard error.");

export const Config = z.strictObject({
  $schema: z.string().max(2048).optional().describe("Where editors find the JSON Schema of this file."),
  gateway: Gateway,
  agents: Agents,
  models: Models,
  tools: Tools,
  session: Session,
  logging: Logging,
});

type Frozen<T> = T extends Secret ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** The configuration as it is passed around: complete, and never changed. */
export type Config = Frozen<z.output<typeof Config>>;

/** What may stand in the file. */
export type ConfigInput = z.input<typeof Config>;
