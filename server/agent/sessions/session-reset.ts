/** When a session starts a new conversation by itself. */
import type { Config } from "../../../contracts/config/config.ts";

/** `session.reset` of the configuration. */
export type ResetOptions = Config["session"]["reset"];

const defaultIdleMinutes = 60;

/** True when the next turn starts a new conversation under the same key. Without `session.reset` it never does. */
export function isExpired(lastUsedAt: number, now: number, options: ResetOptions): boolean {
  if (options === undefined) return false;
  const { mode, atHour, idleMinutes = mode === "idle" ? defaultIdleMinutes : Infinity } = options;
  if (now - lastUsedAt > idleMinutes * 60_000) return true;
  return mode === "daily" && lastUsedAt < findLastResetTime(atHour, now);
}

/** Returns the last time at which it was this hour in the time zone of this machine. */
function findLastResetTime(hour: number, now: number): number {
  const day = new Date(now);
  day.setHours(hour, 0, 0, 0);
  if (day.getTime() > now) day.setDate(day.getDate() - 1);
  return day.getTime();
}
