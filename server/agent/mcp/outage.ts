/** A server that does not work is left alone, longer each time that it fails again. */

export interface Outage {
  /** When it stopped working. */
  readonly since: number;
  /** Goes on from "The MCP server". */
  readonly reason: string;
  readonly failures: number;
  /** It is not tried again before. */
  readonly until: number;
}

const longestWaitMs = 60_000;
/** Whoever ran this long has recovered; what fails then fails anew. */
const steadyMs = 60_000;

/** `ranMs`: how long it had worked; undefined when it could not be started. */
export function outageAfter(
  previous: Outage | undefined,
  now: number,
  ranMs: number | undefined,
  reason: string,
): Outage {
  const failures = previous === undefined || (ranMs ?? 0) >= steadyMs ? 1 : previous.failures + 1;
  return {
    since: ranMs === undefined ? (previous?.since ?? now) : now,
    reason,
    failures,
    until: now + Math.min(1000 * 2 ** (failures - 1), longestWaitMs),
  };
}
