/** Sums of what keys and agents spend in the current minute, day and month. One window of each is kept. */
import type { Spending } from "../lib/budget-store.ts";
import type { Clock } from "../lib/ports.ts";

export type Period = Spending["period"];

export interface SpendingWindow {
  /** `key <name>` or `agent <id>`. */
  readonly subject: string;
  readonly period: Period;
  /** Milliseconds since the epoch. */
  readonly start: number;
  tokens: number;
  costMicroUsd: number;
  requests: number;
  /** Tokens that other nodes have used in the minute, as of this node's last query. */
  tokensOfOthers: number;
}

export const minuteMs = 60_000;
const dayMs = 86_400_000;

export type GetSpendingWindow = (subject: string, period: Period) => SpendingWindow;

/** `stored`: the sums of earlier runs of the process, in any order. */
export function createSpendingWindows(clock: Clock, stored: readonly Spending[]): GetSpendingWindow {
  const windows = new Map<string, SpendingWindow>();
  const toKey = (subject: string, period: Period): string => `${subject} ${period}`;
  for (const spending of stored) {
    const key = toKey(spending.subject, spending.period);
    if ((windows.get(key)?.start ?? 0) <= spending.start)
      windows.set(key, { ...spending, requests: 0, tokensOfOthers: 0 });
  }
  return (subject, period) => {
    const key = toKey(subject, period);
    const start = getPeriodStart(period, clock());
    const current = windows.get(key);
    if (current?.start === start) return current;
    const window = { subject, period, start, tokens: 0, costMicroUsd: 0, requests: 0, tokensOfOthers: 0 };
    windows.set(key, window);
    return window;
  };
}

/** Returns the start of the period in UTC. */
export function getPeriodStart(period: Period, now: number): number {
  if (period === "minute") return now - (now % minuteMs);
  if (period === "day") return now - (now % dayMs);
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}
