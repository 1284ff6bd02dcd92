/** Counts wrong credentials by address. It bounds their cost and the log; it never shuts out a right one. */
import type { Clock } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";

export interface FailureLimiter {
  /** Counts one failure; throws once the address has had too many. Call it before anything is awaited. */
  count(address: string): void;
}

interface Failures {
  count: number;
  windowEnds: number;
  lockedUntil: number;
}

/** Addresses remembered at most; the oldest are forgotten first. */
const maxAddresses = 10_000;

export function createFailureLimiter(
  limits: { readonly maxAttempts: number; readonly windowMs: number; readonly lockoutMs: number },
  clock: Clock,
): FailureLimiter {
  const seen = new Map<string, Failures>();
  return {
    count(address) {
      const now = clock();
      let failures = seen.get(address);
      if (failures === undefined || (now >= failures.windowEnds && now >= failures.lockedUntil)) {
        failures = { count: 0, windowEnds: now + limits.windowMs, lockedUntil: 0 };
      }
      seen.delete(address);
      seen.set(address, failures);
      if (seen.size > maxAddresses) seen.delete(oldest(seen));
      failures.count += 1;
      if (failures.count <= limits.maxAttempts) return;
      if (failures.lockedUntil <= now) failures.lockedUntil = now + limits.lockoutMs;
      const retryAfterSeconds = Math.ceil((failures.lockedUntil - now) / 1000);
      throw new GatewayError(
        "too_many_failed_credentials",
        `Too many wrong credentials from this address. Try again in ${retryAfterSeconds} s with the right one.`,
        { retryAfterSeconds },
      );
    },
  };
}

function oldest(seen: Map<string, unknown>): string {
  return seen.keys().next().value ?? "";
}
