/** When a conversation is too old to be continued: the next turn then begins another under the same key. */
import type { Config } from "../../../contracts/config/config.ts";

/** `session.reset` of the configuration. */
export type ResetRule = Config["session"]["reset"];

const idleMinutesByDefault = 60;

/** Never, unless it is configured. */
export function isStale(lastUsedAt: number, now: number, rule: ResetRule): boolean {
  if (rule === undefined) return false;
  const { mode, atHour, idleMinutes = mode === "idle" ? idleMinutesByDefault : Infinity } = rule;
  if (now - lastUsedAt > idleMinutes * 60_000) return true;
  return mode === "daily" && lastUsedAt < lastTime(atHour, now);
}

/** When the clock of this machine last struck this hour. */
function lastTime(hour: number, now: number): number {
  const day = new Date(now);
  day.setHours(hour, 0, 0, 0);
  if (day.getTime() > now) day.setDate(day.getDate() - 1);
  return day.getTime();
}
