/** Adds up the stored usage by day, agent, model, credential and node. Each query is for one day, so that it is short. */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { canSeeEverything } from "../lib/credential-names.ts";
import { GatewayError } from "../lib/errors.ts";
import {
  firstTokenBoundsMs,
  type UsageGroup,
  type UsageQuery,
  type UsageStore,
  type UsageSum,
} from "../lib/usage-store.ts";

export const defaultDimensions = ["day", "agent", "model", "credential"] as const;
export const usageDimensions = [...defaultDimensions, "node"] as const;
export type Dimension = (typeof usageDimensions)[number];

export interface UsageLine extends UsageSum {
  /** In UTC: `2026-01-31`. A dimension that the lines are not grouped by is absent. */
  readonly day?: string;
  readonly agentId?: string;
  /** `<provider>/<id>`. */
  readonly model?: string;
  readonly credential?: string;
  readonly node?: string;
}

export interface UsageReports {
  /** `from` and `to` are starts of days. Every call that has ended is in it. */
  report(query: UsageQuery, dimensions: readonly Dimension[]): Promise<UsageReport>;
  reportSessions: UsageStore["sumSessions"];
  reportRuns: UsageStore["sumRuns"];
}

interface UsageReport {
  readonly lines: readonly UsageLine[];
  readonly total: UsageSum;
}

export const dayMs = 86_400_000;

const noUsage: UsageSum = {
  calls: 0,
  failures: 0,
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  costMicroUsd: 0,
  unpricedCalls: 0,
  durationMs: 0,
  firstTokenCounts: Array<number>(firstTokenBoundsMs.length + 1).fill(0),
};

/** `flush` stores what waits to be stored. */
export function createUsageReports(store: UsageStore, flush: () => Promise<void>): UsageReports {
  return {
    async report(query, dimensions) {
      await flush();
      return reportUsage(store, query, dimensions);
    },
    async reportSessions(query) {
      await flush();
      return store.sumSessions(query);
    },
    async reportRuns(query) {
      await flush();
      return store.sumRuns(query);
    },
  };
}

/** Returns the days as times, the last one included. Throws for a day that does not exist and for too many. */
export function resolveDays(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  {
    now,
    defaultDays,
    maxDays,
  }: { readonly now: number; readonly defaultDays: number; readonly maxDays: number },
): Pick<UsageQuery, "from" | "to"> {
  const end = (to === undefined ? now - (now % dayMs) : parseDay(to, "to")) + dayMs;
  const start = from === undefined ? end - defaultDays * dayMs : parseDay(from, "from");
  if (start >= end || end - start > maxDays * dayMs) {
    const message = `from: must be a day up to ${maxDays - 1} days before \`to\`.`;
    throw new GatewayError("invalid_value", message, { param: "from" });
  }
  return { from: start, to: end };
}

/** Throws for a day that does not exist. */
export function parseDay(text: string, param: "from" | "to"): number {
  const time = Date.parse(`${text}T00:00:00Z`);
  // JavaScript takes the 30th of February for the second of March.
  if (Number.isNaN(time) || formatDay(time) !== text)
    throw new GatewayError("invalid_value", `${param}: there is no day ${text}.`, { param });
  return time;
}

export const formatDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** A credential sees its own calls. One that can see everything may ask for those of another. */
export function restrictToViewer(viewer: string, credential: string | undefined): string | undefined {
  return canSeeEverything(viewer) ? credential : viewer;
}

async function reportUsage(
  store: UsageStore,
  query: UsageQuery,
  dimensions: readonly Dimension[],
): Promise<UsageReport> {
  const lines = new Map<string, UsageLine>();
  const sum = dimensions.includes("node") ? store.sumByNode : store.sum;
  let total = noUsage;
  for (let from = query.from; from < query.to; from += dayMs) {
    const groups = await sum({ ...query, from, to: from + dayMs });
    for (const group of groups) {
      const labels = selectLabels(group, from, dimensions);
      const key = JSON.stringify(labels);
      lines.set(key, { ...labels, ...addSums(lines.get(key) ?? noUsage, group) });
      total = addSums(total, group);
    }
    await yieldToEventLoop();
  }
  return { lines: [...lines.values()], total };
}

function selectLabels(
  group: UsageGroup,
  day: number,
  dimensions: readonly Dimension[],
): Pick<UsageLine, "day" | "agentId" | "model" | "credential" | "node"> {
  return {
    ...(dimensions.includes("day") && { day: formatDay(day) }),
    ...(dimensions.includes("agent") && { agentId: group.agentId }),
    ...(dimensions.includes("model") && { model: `${group.provider}/${group.model}` }),
    ...(dimensions.includes("credential") && { credential: group.credential }),
    ...(group.node !== undefined && { node: group.node }),
  };
}

function addSums(a: UsageSum, b: UsageSum): UsageSum {
  return {
    calls: a.calls + b.calls,
    failures: a.failures + b.failures,
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    costMicroUsd: a.costMicroUsd + b.costMicroUsd,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    durationMs: a.durationMs + b.durationMs,
    firstTokenCounts: a.firstTokenCounts.map((count, index) => count + (b.firstTokenCounts[index] ?? 0)),
  };
}

/** Returns the upper bound of the class that has this share of the calls. Undefined without calls, and above all bounds. */
export function estimateFirstTokenMs({ firstTokenCounts }: UsageSum, share: number): number | undefined {
  const total = firstTokenCounts.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  const index = firstTokenCounts.findIndex((count) => (passed += count) >= total * share && passed > 0);
  return total === 0 ? undefined : firstTokenBoundsMs[index];
}
