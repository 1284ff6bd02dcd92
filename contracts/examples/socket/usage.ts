/** Examples of `usage.cost` and `sessions.usage`. */
import { methodExamples } from "../../socket/method.ts";
import { sessionsUsage, usageCost } from "../../socket/usage.ts";
import { now } from "./gateway.ts";

const none = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  totalCost: 0,
  missingCostEntries: 0,
};

export const usageCostExamples = methodExamples(usageCost, [
  {
    title: "A week without calls",
    params: { days: 7 },
    result: { updatedAt: now, days: 7, daily: [], totals: none },
  },
  {
    title: "A day that does not exist",
    params: { startDate: "2026-02-30" },
    error: { code: "invalid_value", message: "from: there is no day 2026-02-30.", param: "from" },
  },
]);

export const sessionsUsageExamples = methodExamples(sessionsUsage, [
  {
    title: "A session without calls",
    params: { key: "notes", startDate: "2026-01-01" },
    result: { updatedAt: now, startDate: "2026-01-01", endDate: "2026-01-01", sessions: [], totals: none },
  },
]);
