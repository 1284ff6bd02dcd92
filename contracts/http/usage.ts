/** GET /usage: what the model calls of a time have used and cost. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { shortText } from "../limits.ts";

/** Lines of one report. */
export const maxUsageLines = 10_000;
export const maxUsageDays = 800;
export const defaultUsageDays = 30;

export const day = z
  .string()
  .max(10)
  .meta({ examples: ["2026-01-31"] });

const count = (): z.ZodInt => z.int().min(0);

const sums = {
  calls: count().describe("Model calls, retries and summaries included."),
  failures: count().describe("Calls that failed or were aborted."),
  inputTokens: count().describe("Input tokens without cached ones."),
  cacheReadTokens: count().describe("Input tokens that were read from a cache."),
  cacheWriteTokens: count().describe("Input tokens that were written to a cache."),
  outputTokens: count().describe("Output tokens without reasoning."),
  reasoningTokens: count().describe("Tokens of reasoning."),
  costMicroUsd: count()
    .nullable()
    .describe(
      "Cost of the calls whose price is known, in millionths of a US dollar. Null: no price is known.",
    ),
  unpricedCalls: count().describe("Calls without a known cost: without a price, or without reported tokens."),
  durationMs: count().describe("Time of all calls, in milliseconds."),
  firstTokenP50Ms: count()
    .nullable()
    .describe(
      "Half of the calls had their first token within this time. Null: none had one within a minute.",
    ),
  firstTokenP95Ms: count().nullable().describe("The same for 95 % of the calls."),
};

const UsageLine = z
  .object({
    day: day.optional().describe("The day in UTC."),
    agentId: shortText().optional().describe("Id of the agent."),
    model: shortText().optional().describe("The model, `<provider>/<id>`."),
    credential: shortText().optional().describe("Name of the key, or `operator`."),
    node: shortText()
      .optional()
      .describe(
        "Name of the gateway that made the calls, `<host>:<process id>`. Absent for calls of versions that did not store it.",
      ),
    ...sums,
  })
  .meta({ id: "UsageLine", description: "The sums of one day, agent, model, credential or node." });

const UsageReport = z
  .object({
    object: z.literal("list").describe("Always `list`."),
    from: day.describe("The first day."),
    to: day.describe("The last day."),
    data: z.array(UsageLine).max(maxUsageLines).describe("Sorted by day, then by agent and model."),
    total: z.object(sums).meta({ id: "UsageTotal", description: "The sums of all lines." }),
  })
  .meta({ id: "UsageReport", description: "What the model calls of a time have used and cost." });

export const getUsage = endpoint({
  id: "getUsage",
  method: "get",
  path: "/usage",
  tag: "Operation",
  summary: "Read the usage",
  description:
    "Sums of all model calls by day, agent, model, credential or node: calls, tokens, cost and times. The gateway's own secret and keys with `operator.admin` see the calls of every credential, other keys their own. A call that has ended is in the next report. Calls that were running when the gateway process was killed, and those of the half second before, are missing.",
  auth: "follow",
  query: z.object({
    from: day.optional().describe(`First day in UTC. Default: ${defaultUsageDays - 1} days before \`to\`.`),
    to: day.optional().describe("Last day in UTC. Default: today."),
    groupBy: z
      .string()
      .max(64)
      .optional()
      .describe(
        "The fields by which the calls are grouped: `day`, `agent`, `model`, `credential`, `node`, separated by commas. Default: the first four. A report by `node` has the calls of the days in `usage.retention` only.",
      ),
    agent: shortText().optional().describe("Only the calls of the agent with this id."),
    credential: shortText()
      .optional()
      .describe("Only the calls of this credential. A key that sees only its own calls gets those."),
    format: z
      .enum(["json", "csv"])
      .optional()
      .describe("`csv`: the lines as CSV, RFC 4180. Default: `json`."),
  }),
  responses: { 200: { description: "The sums.", body: UsageReport, alternatives: ["text/csv"] } },
  errors: ["storage_unavailable"],
});
