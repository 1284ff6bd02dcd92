/** Fields that several methods and events share. */
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

/** A closed object: an unknown key is an error, since a misspelt option would otherwise be ignored in silence. */
export const params = z.strictObject;

export const noParams = z.strictObject({});

/** Unix time in milliseconds. */
export const time = (): z.ZodInt => z.int();

export const givenKey = (): z.ZodString =>
  z
    .string()
    .min(1)
    .max(limits.sessionKey)
    .regex(/^[!-~]+$/, "must be visible ASCII without spaces");

export const sessionKey = (): z.ZodString =>
  shortText().describe("Full key of the session: `agent:<id>:<key>`.");

export const key = givenKey().describe(
  "Key of the session: the full one, or a bare one of the default agent.",
);

export const runId = (): z.ZodString =>
  shortText().describe("Id of the run; of one that began here it is the `idempotencyKey`.");

export const agentId = shortText().describe(
  "Id of the agent; by default that of the session key, or the default agent.",
);

export const idempotencyKey = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
  .describe(
    "Yours to choose, new for every new request; it becomes the id of the run. The same key with the same parameters gives the same answer and runs once, for 24 hours and across a restart.",
  );

export const thinkingLevel = z.enum(["off", "minimal", "low", "medium", "high", "xhigh", "max"]);

export const usage = z
  .object({
    input: z.int().describe("Tokens that the models read, those of a cache included."),
    output: z.int().describe("Tokens that the models wrote, thinking included."),
    cacheRead: z.int().describe("Tokens of `input` that came out of a cache."),
    cacheWrite: z.int().describe("Tokens that were put into a cache."),
    totalTokens: z.int().describe("`input` and `output` together."),
  })
  .meta({ id: "RunUsage", description: "Tokens of all model calls of a run." });

export const stateVersion = z
  .object({
    presence: z.int().describe("Grows with every change of the presence list."),
    health: z.int().describe("Grows with every change of the health."),
  })
  .meta({ id: "StateVersion", description: "Which state of the gateway something tells of." });

export const ok = z.literal(true).describe("Always true.");
