/** Cooldowns of failed providers. Each failure in a row makes the cooldown longer. */
import type { Clock } from "../lib/ports.ts";

export interface Cooldowns {
  /** True while the provider of this model cools down. */
  isCoolingDown(ref: string): boolean;
  /** `retryAfterSeconds` is the provider's own value. It replaces the duration of the cooldown. */
  recordFailure(ref: string, retryAfterSeconds: number | undefined): void;
  recordSuccess(ref: string): void;
}

const cooldownMinutes = [1, 5, 25, 60] as const;

export function createCooldowns(clock: Clock): Cooldowns {
  const failures = new Map<string, { readonly count: number; readonly until: number }>();
  return {
    isCoolingDown: (ref) => (failures.get(parseProvider(ref))?.until ?? 0) > clock(),
    recordFailure(ref, retryAfterSeconds) {
      const provider = parseProvider(ref);
      const { count, until } = failures.get(provider) ?? { count: 0, until: 0 };
      const now = clock();
      // Concurrent failures count as one.
      const failureCount = until > now ? count : count + 1;
      const durationMinutes = cooldownMinutes[Math.min(failureCount, cooldownMinutes.length) - 1] ?? 1;
      const ms = retryAfterSeconds === undefined ? durationMinutes * 60_000 : retryAfterSeconds * 1000;
      failures.set(provider, { count: failureCount, until: Math.max(until, now + ms) });
    },
    recordSuccess: (ref) => void failures.delete(parseProvider(ref)),
  };
}

/** Returns the provider of `<provider>/<model>`. */
function parseProvider(ref: string): string {
  return ref.slice(0, Math.max(0, ref.indexOf("/")));
}
