/** `openclaw usage`: what the model calls of a time have used and cost. */
import type { UsageReport } from "../clients/typescript/src/index.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitOk } from "./exit-codes.ts";
import { formatTable } from "./table.ts";
import { gatewayHelp, withGateway } from "./with-gateway.ts";

const defaultDays = 30;
const dayMs = 86_400_000;
const dimensions = ["day", "agent", "model", "credential", "node"] as const;

export const usage = defineCommand({
  name: "usage",
  summary: "show what model calls have used and cost",
  positionals: [],
  options: {
    days: { value: "N", min: 1, max: 800, description: `days up to today, in UTC (default: ${defaultDays})` },
    by: {
      value: "LIST",
      choices: dimensions,
      multiple: true,
      description: `one line for each: ${dimensions.join(", ")} (default: day)`,
    },
    agent: { value: "ID", description: "only calls of this agent" },
    ...jsonOption,
  },
  details: `Costs follow from the prices in models.providers.<name>.models[].cost. A \`+\` marks a sum without the calls whose
cost is not known. A key without operator.admin sees its own calls. GET /usage?format=csv has the lines as CSV.

${gatewayHelp}`,
  example: "openclaw usage --days 7 --by agent,model",
  run: ({ options: { days = defaultDays, by = ["day"], agent, json } }, io) =>
    withGateway(io, { json }, async (client) => {
      const from = new Date(Date.now() - (days - 1) * dayMs).toISOString().slice(0, 10);
      const report = await client.usage({ from, groupBy: by.join(","), agent });
      if (json) io.out(JSON.stringify(report, null, 2));
      else for (const line of formatReport(report, by)) io.out(line);
      return exitOk;
    }),
});

type Sums = UsageReport["total"];

function formatReport({ data, total }: UsageReport, by: readonly string[]): readonly string[] {
  const columns = dimensions.filter((name) => by.includes(name));
  const names = columns.map((name) => name.toUpperCase());
  const head = [...names, "CALLS", "FAILED", "INPUT", "CACHED", "OUTPUT", "COST"];
  const rows = data.map((line) => [
    ...columns.map((name) => line[name === "agent" ? "agentId" : name] ?? ""),
    ...formatSums(line),
  ]);
  const last = ["total", ...columns.slice(1).map(() => ""), ...formatSums(total)];
  return formatTable([head, ...rows, last]);
}

const formatSums = (sums: Sums): readonly string[] => [
  String(sums.calls),
  String(sums.failures),
  String(sums.inputTokens + sums.cacheReadTokens + sums.cacheWriteTokens),
  String(sums.cacheReadTokens),
  String(sums.outputTokens + sums.reasoningTokens),
  formatCost(sums),
];

function formatCost({ costMicroUsd, unpricedCalls }: Sums): string {
  if (costMicroUsd === null) return "";
  const dollars = `$${(costMicroUsd / 1e6).toFixed(4)}`;
  return unpricedCalls > 0 ? `${dollars}+` : dollars;
}
