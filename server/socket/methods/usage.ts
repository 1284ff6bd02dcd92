/** `usage.cost` and `sessions.usage`. */
import type { z } from "zod";
import { defaultUsageDays, maxUsageDays } from "../../../contracts/http/usage.ts";
import type { sessionsUsage, usageCost } from "../../../contracts/socket/usage.ts";
import { resolveSessionKey } from "../../agent/sessions/session-keys.ts";
import type { Clock } from "../../lib/ports.ts";
import type { UsageSum } from "../../lib/usage-store.ts";
import {
  dayMs,
  formatDay,
  resolveDays,
  restrictToViewer,
  type UsageReports,
} from "../../telemetry/usage-report.ts";
import type { MethodHandler } from "../handler.ts";

interface UsageMethods {
  readonly "usage.cost": MethodHandler<typeof usageCost>;
  readonly "sessions.usage": MethodHandler<typeof sessionsUsage>;
}

interface UsageMethodDeps {
  readonly usage: UsageReports;
  /** Returns the agent of a bare session key, for the credential of this name. */
  readonly getDefaultAgentId: (credential: string) => string;
  readonly clock: Clock;
}

type Totals = z.input<(typeof usageCost)["result"]>["totals"];
type Sum = Omit<UsageSum, "firstTokenCounts">;

const defaultSessions = 50;

export function createUsageMethods({ usage, getDefaultAgentId, clock }: UsageMethodDeps): UsageMethods {
  const getDays = (params: { startDate?: string | undefined; endDate?: string | undefined }, days: number) =>
    resolveDays(
      { from: params.startDate, to: params.endDate },
      { now: clock(), defaultDays: days, maxDays: maxUsageDays },
    );
  return {
    async "usage.cost"({ params, caller }) {
      const { from, to } = getDays(params, params.days ?? defaultUsageDays);
      const credential = restrictToViewer(caller.credential.name, undefined);
      const { lines, total } = await usage.report({ from, to, credential, agentId: params.agentId }, ["day"]);
      return {
        updatedAt: clock(),
        days: (to - from) / dayMs,
        daily: lines.map(({ day = "", ...sum }) => ({ date: day, ...toTotals(sum) })),
        totals: toTotals(total),
      };
    },
    async "sessions.usage"({ params, caller }) {
      const { name } = caller.credential;
      const { from, to } = getDays(params, defaultUsageDays);
      const sessions = await usage.reportSessions({
        from,
        to,
        credential: restrictToViewer(name, undefined),
        sessionKey:
          params.key === undefined ? undefined : resolveSessionKey(params.key, getDefaultAgentId(name), name),
        limit: params.limit ?? defaultSessions,
      });
      const all = sessions.map(({ sessionKey, agentId, lastAt, ...sum }) => ({
        key: sessionKey,
        agentId,
        updatedAt: lastAt,
        calls: sum.calls,
        usage: toTotals(sum),
      }));
      return {
        updatedAt: clock(),
        startDate: formatDay(from),
        endDate: formatDay(to - dayMs),
        sessions: all,
        totals: addTotals(all.map((session) => session.usage)),
      };
    },
  };
}

function toTotals({ input, output, reasoning, cacheRead, cacheWrite, ...sum }: Sum): Totals {
  return {
    input,
    output: output + reasoning,
    cacheRead,
    cacheWrite,
    totalTokens: input + output + reasoning + cacheRead + cacheWrite,
    totalCost: sum.costMicroUsd / 1e6,
    missingCostEntries: sum.unpricedCalls,
  };
}

function addTotals(all: readonly Totals[]): Totals {
  const add = (name: keyof Totals): number => all.reduce((sum, totals) => sum + totals[name], 0);
  return {
    input: add("input"),
    output: add("output"),
    cacheRead: add("cacheRead"),
    cacheWrite: add("cacheWrite"),
    totalTokens: add("totalTokens"),
    totalCost: add("totalCost"),
    missingCostEntries: add("missingCostEntries"),
  };
}
