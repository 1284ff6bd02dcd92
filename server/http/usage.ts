/** GET /usage. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import { defaultUsageDays, maxUsageDays, maxUsageLines, type getUsage } from "../../contracts/http/usage.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Clock } from "../lib/ports.ts";
import type { UsageSum } from "../lib/usage-store.ts";
import {
  dayMs,
  defaultDimensions,
  estimateFirstTokenMs,
  formatDay,
  resolveDays,
  restrictToViewer,
  usageDimensions,
  type Dimension,
  type UsageReports,
} from "../telemetry/usage-report.ts";
import type { Handler } from "./handler.ts";

type Reply = ReplyOf<typeof getUsage>;

export function createUsageHandler(usage: UsageReports, clock: Clock): Handler<typeof getUsage> {
  return async ({ query, credential }) => {
    const days = resolveDays(query, {
      now: clock(),
      defaultDays: defaultUsageDays,
      maxDays: maxUsageDays,
    });
    const dimensions = parseDimensions(query.groupBy);
    const viewed = restrictToViewer(credential.name, query.credential);
    const { lines, total } = await usage.report(
      { ...days, credential: viewed, agentId: query.agent },
      dimensions,
    );
    if (lines.length > maxUsageLines) throw createTooManyLinesError();
    const data = lines.map(({ day, agentId, model, credential: name, node, ...sum }) => ({
      ...(day !== undefined && { day }),
      ...(agentId !== undefined && { agentId }),
      ...(model !== undefined && { model }),
      ...(name !== undefined && { credential: name }),
      ...(node !== undefined && { node }),
      ...toWireSum(sum),
    }));
    if (query.format === "csv")
      return { text: formatCsv(data, dimensions), contentType: "text/csv; charset=utf-8; header=present" };
    return {
      reply: {
        object: "list",
        from: formatDay(days.from),
        to: formatDay(days.to - dayMs),
        data,
        total: toWireSum(total),
      },
    };
  };
}

function parseDimensions(groupBy: string | undefined): readonly Dimension[] {
  if (groupBy === undefined) return defaultDimensions;
  const names = groupBy.split(",");
  const unknown = names.find((name) => !usageDimensions.some((dimension) => dimension === name));
  if (unknown === undefined) return usageDimensions.filter((dimension) => names.includes(dimension));
  const message = `groupBy: there is no ${JSON.stringify(unknown)}; use ${usageDimensions.join(", ")}, separated by commas.`;
  throw new GatewayError("invalid_value", message, { param: "groupBy" });
}

function toWireSum(sum: UsageSum): Reply["total"] {
  return {
    calls: sum.calls,
    failures: sum.failures,
    inputTokens: sum.input,
    cacheReadTokens: sum.cacheRead,
    cacheWriteTokens: sum.cacheWrite,
    outputTokens: sum.output,
    reasoningTokens: sum.reasoning,
    costMicroUsd: sum.unpricedCalls === sum.calls ? null : sum.costMicroUsd,
    unpricedCalls: sum.unpricedCalls,
    durationMs: sum.durationMs,
    firstTokenP50Ms: estimateFirstTokenMs(sum, 0.5) ?? null,
    firstTokenP95Ms: estimateFirstTokenMs(sum, 0.95) ?? null,
  };
}

function createTooManyLinesError(): GatewayError {
  const message = `groupBy: the report has more than ${maxUsageLines} lines; ask for fewer days or dimensions.`;
  return new GatewayError("invalid_value", message, { param: "groupBy" });
}

const csvColumns = [
  "day",
  "agentId",
  "model",
  "credential",
  "node",
  "calls",
  "failures",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "costMicroUsd",
  "unpricedCalls",
  "durationMs",
  "firstTokenP50Ms",
  "firstTokenP95Ms",
] as const satisfies readonly (keyof Reply["data"][number])[];

/** https://www.rfc-editor.org/rfc/rfc4180 */
function formatCsv(data: Reply["data"], dimensions: readonly Dimension[]): string {
  const columns = csvColumns.filter((column) => column !== "node" || dimensions.includes("node"));
  const rows = data.map((line) => columns.map((column) => quoteCsv(String(line[column] ?? ""))));
  return [columns, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

const quoteCsv = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
