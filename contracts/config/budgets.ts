/** `budgets`: what keys and agents may spend, and how fast. */
import { z } from "zod";
import { shortText } from "../limits.ts";
import { AgentId, count } from "./fields.ts";

const tokenBudget = (): z.ZodInt => z.int().min(1).max(1_000_000_000_000);
const usd = (): z.ZodNumber => z.number().positive().max(1_000_000_000);

const SpendingLimits = z.strictObject({
  tokensPerDay: tokenBudget().optional().describe("Input and output tokens of a day in UTC."),
  tokensPerMonth: tokenBudget().optional().describe("Input and output tokens of a month in UTC."),
  usdPerDay: usd()
    .optional()
    .describe(
      "US dollars of a day in UTC, by the prices of the models. Calls of models without a price are free.",
    ),
  usdPerMonth: usd().optional().describe("US dollars of a month in UTC."),
  requestsPerMinute: count().optional().describe("Runs that may begin in a minute."),
  tokensPerMinute: tokenBudget().optional().describe("Input and output tokens of a minute."),
});

/** The limits of one key or one agent. */
export type SpendingLimits = z.output<typeof SpendingLimits>;

export const Budgets = z
  .strictObject({
    keys: z
      .record(shortText().min(1), SpendingLimits)
      .default({})
      .meta({
        description:
          "Limits by name of the key. `*` stands for each key that is not named; `operator` is the gateway's own secret.",
        examples: [{ "*": { usdPerDay: 5 }, newsletter: { usdPerMonth: 100, requestsPerMinute: 60 } }],
      }),
    agents: z
      .record(z.union([AgentId, z.literal("*")]), SpendingLimits)
      .default({})
      .meta({
        description: "Limits by id of the agent. `*` stands for each agent that is not named.",
        examples: [{ coder: { tokensPerDay: 2_000_000 } }],
      }),
  })
  .prefault({})
  .describe(
    "What keys and agents may spend. A model call begins while something is left: it reserves what it may cost, and its real cost replaces the reservation. So a budget is exceeded by one reservation at most, also by many runs at once.",
  );
