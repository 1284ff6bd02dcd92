/** Providers that have failed and are left alone for a while, longer each time, as long as there is another to ask. */
import type { Clock } from "./types.ts";

export interface Cooldowns {
  /** Is the provider of this model to be left alone now? */
  isCooling(ref: string): boolean;
  /** It has failed; `retryAfterSeconds` is its own word on when to come back. */
  failed(ref: string, retryAfterSeconds: number | undefined): void;
  succeeded(ref: string): void;
}

const minutes = [1, 5, 25, 60] as const;

export function createCooldowns(clock: Clock): Cooldowns {
  const failures = new Map<string, { readonly count: number; readonly until: number }>();
  return {
    isCooling: (ref) => (failures.get(providerOf(ref))?.until ?? 0) > clock(),
    failed(ref, retryAfterSeconds) {
      const provider = providerOf(ref);
      const { count, until } = failures.get(provider) ?? { count: 0, until: 0 };
      const now = clock();
      // Runs that fail together are one failure.
      const counted = until > now ? count : count + 1;
      const step = minutes[Math.min(counted, minutes.length) - 1] ?? 1;
      const ms = retryAfterSeconds === undefined ? step * 60_000 : retryAfterSeconds * 1000;
      failures.set(provider, { count: counted, until: Math.max(until, now + ms) });
    },
    succeeded: (ref) => void failures.delete(providerOf(ref)),
  };
}

/** Of `<provider>/<model>`. */
function providerOf(ref: string): string {
  return ref.slice(0, Math.max(0, ref.indexOf("/")));
}
