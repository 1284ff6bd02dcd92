/** Cooldowns of failed providers, and how their last calls ended. Each failure in a row makes the cooldown longer. */
import type { ErrorCode } from "../../contracts/errors.ts";
import { maxRecentFailures } from "../../contracts/provider-status.ts";
import type { GatewayError } from "../lib/errors.ts";
import type { Clock, Log } from "../lib/ports.ts";

interface ProviderFailure {
  readonly at: number;
  readonly code: ErrorCode;
}

export interface ProviderState {
  readonly provider: string;
  readonly lastSuccessAt?: number;
  readonly lastFailure?: ProviderFailure;
  /** Newest first, at most `maxRecentFailures`. Absent without a failure. */
  readonly recentFailures?: ProviderFailure[];
  /** Present while the provider cools down. */
  readonly coolingDownUntil?: number;
}

export interface Cooldowns {
  /** True while the provider of this model cools down. */
  isCoolingDown(ref: string): boolean;
  /** The provider's own `retryAfterSeconds` replaces the duration of the cooldown. */
  recordFailure(ref: string, error: Pick<GatewayError, "code" | "retryAfterSeconds">): void;
  recordSuccess(ref: string): void;
  /** The providers that were called since the start. */
  list(): readonly ProviderState[];
}

interface Provider {
  failuresInRow: number;
  until: number;
  lastSuccessAt?: number;
  /** Newest first. */
  failures: readonly ProviderFailure[];
}

const cooldownMinutes = [1, 5, 25, 60] as const;

export function createCooldowns(clock: Clock, log: Log): Cooldowns {
  const providers = new Map<string, Provider>();
  const get = (name: string): Provider => {
    const provider = providers.get(name) ?? { failuresInRow: 0, until: 0, failures: [] };
    providers.set(name, provider);
    return provider;
  };
  return {
    isCoolingDown: (ref) => (providers.get(parseProvider(ref))?.until ?? 0) > clock(),
    recordFailure(ref, { code, retryAfterSeconds }) {
      const name = parseProvider(ref);
      const provider = get(name);
      const now = clock();
      provider.failures = [{ at: now, code }, ...provider.failures].slice(0, maxRecentFailures);
      // Concurrent failures count as one.
      const isNew = provider.until <= now;
      if (isNew) provider.failuresInRow += 1;
      const { failuresInRow } = provider;
      const minutes = cooldownMinutes[Math.min(failuresInRow, cooldownMinutes.length) - 1] ?? 1;
      const seconds = retryAfterSeconds ?? minutes * 60;
      provider.until = Math.max(provider.until, now + seconds * 1000);
      if (isNew) log.warn("provider put aside", { provider: name, code, seconds, failuresInRow });
    },
    recordSuccess(ref) {
      const name = parseProvider(ref);
      const provider = get(name);
      if (provider.failuresInRow > 0) log.info("provider taken back", { provider: name });
      provider.failuresInRow = 0;
      provider.until = 0;
      provider.lastSuccessAt = clock();
    },
    list: () =>
      [...providers].map(([provider, { lastSuccessAt, failures, until }]) => ({
        provider,
        ...(lastSuccessAt !== undefined && { lastSuccessAt }),
        ...(failures[0] !== undefined && { lastFailure: failures[0], recentFailures: [...failures] }),
        ...(until > clock() && { coolingDownUntil: until }),
      })),
  };
}

/** Returns the provider of `<provider>/<model>`. */
function parseProvider(ref: string): string {
  return ref.slice(0, Math.max(0, ref.indexOf("/")));
}
