/** `tools`: which tools agents may use. The same shape stands globally and per agent; each layer can only narrow. */
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";

const names = (): z.ZodArray<z.ZodString> => listOf(shortText().min(1));

const rules = {
  profile: z
    .enum(["minimal", "coding", "full"])
    .optional()
    .describe("Tools to start from; the lists below narrow it."),
  allow: names().optional().describe("Only these tools. Names, `group:*`, or `*`."),
  alsoAllow: names()
    .optional()
    .describe("Tools in addition to those of `profile`; not together with `allow`."),
  deny: names().optional().describe("Never these tools; stronger than any list that allows."),
} as const;

export const ToolPolicy = z.strictObject({
  ...rules,
  byProvider: z
    .record(shortText().min(1), z.strictObject(rules))
    .optional()
    .describe("Rules for one provider (`openai`) or model (`openai/gpt-4o`), which narrow further."),
});

export const Tools = ToolPolicy.extend({
  profile: rules.profile
    .unwrap()
    .default("coding")
    .describe("Tools to start from: `minimal`, `coding` or `full`; the lists below narrow it."),
})
  .prefault({})
  .describe("Tools for all agents.");
