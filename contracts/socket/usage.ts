/** `usage.cost` and `sessions.usage`: what model calls have used and cost, in OpenClaw's form. */
import { z } from "zod";
import { day, defaultUsageDays, maxUsageDays } from "../http/usage.ts";
import { listOf, shortText } from "../limits.ts";
import { key, params, sessionKey, time } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Usage", auth: "follow" } as const;

const count = (): z.ZodInt => z.int().min(0);

const totals = {
  input: count().describe("Input tokens without cached ones."),
  output: count().describe("Output tokens, reasoning included."),
  cacheRead: count().describe("Input tokens that were read from a cache."),
  cacheWrite: count().describe("Input tokens that were written to a cache."),
  totalTokens: count().describe("Sum of the four."),
  totalCost: z.number().min(0).describe("Cost in US dollars, of the calls whose price is known."),
  missingCostEntries: count().describe("Calls whose cost is not known."),
};

const UsageTotals = z
  .object(totals)
  .meta({ id: "UsageTotals", description: "Tokens and cost of model calls." });

export const usageCost = method({
  ...common,
  method: "usage.cost",
  summary: "Read the cost of each day",
  description:
    "Tokens and cost of the model calls of each day in UTC. The gateway's own secret and keys with `operator.admin` see the calls of every credential, other keys their own.",
  params: params({
    days: z
      .int()
      .min(1)
      .max(maxUsageDays)
      .optional()
      .describe(`Number of days up to today. Default: ${defaultUsageDays}.`),
    startDate: day.optional().describe("First day. Replaces `days`."),
    endDate: day.optional().describe("Last day. Default: today."),
    agentId: shortText().optional().describe("Only the calls of this agent."),
  }),
  result: z
    .object({
      updatedAt: time().describe("Unix time in milliseconds."),
      days: count().describe("Number of days of the report."),
      daily: listOf(
        z
          .object({ date: day.describe("The day in UTC."), ...totals })
          .meta({ id: "DailyUsage", description: "Tokens and cost of one day." }),
      ).describe("The days with calls, oldest first."),
      totals: UsageTotals,
    })
    .meta({ id: "UsageCost", description: "Tokens and cost of each day." }),
  errors: ["storage_unavailable"],
});

export const sessionsUsage = method({
  ...common,
  method: "sessions.usage",
  summary: "Read the cost of sessions",
  description:
    "Tokens and cost of the stored sessions, and of conversations that Claude Code keeps itself, as `agent:<id>:client:<its session id>`; the latest call first. Rows of model calls are kept for `usage.retention`.",
  params: params({
    key: key.optional().describe("Only this session."),
    startDate: day.optional().describe(`First day. Default: ${defaultUsageDays - 1} days before the last.`),
    endDate: day.optional().describe("Last day. Default: today."),
    limit: z.int().min(1).max(1_000).optional().describe("Maximum number of sessions, 1–1 000. Default: 50."),
  }),
  result: z
    .object({
      updatedAt: time().describe("Unix time in milliseconds."),
      startDate: day.describe("The first day in UTC."),
      endDate: day.describe("The last day in UTC."),
      sessions: listOf(
        z
          .object({
            key: sessionKey(),
            agentId: shortText().describe("Id of the agent."),
            updatedAt: time().describe("When the last call ended: Unix time in milliseconds."),
            calls: count().describe("Model calls."),
            usage: UsageTotals,
          })
          .meta({ id: "SessionUsage", description: "Tokens and cost of one session." }),
      ).describe("The sessions."),
      totals: UsageTotals,
    })
    .meta({ id: "SessionsUsage", description: "Tokens and cost of sessions." }),
  errors: ["storage_unavailable"],
});
