/** A door that lets a number of holders through at a time and keeps the others waiting in order. */
import type { GatewayError } from "../errors.ts";

interface TurnstileLimits {
  readonly holders: number;
  readonly waiting: number;
  /** The error for those who find the queue full or wait too long. */
  readonly refuse: () => GatewayError;
}

export interface Turnstile {
  /** Resolves to the way out, which must be called once. Rejects when refused or when `signal` is aborted. */
  enter(signal: AbortSignal, maxWaitMs: number): Promise<() => void>;
  /** Nobody inside and nobody waiting. */
  readonly idle: boolean;
}

export function createTurnstile(limits: TurnstileLimits): Turnstile {
  const queue = new Set<() => void>();
  let inside = 0;

  const leave = (): void => {
    inside -= 1;
    const [next] = queue;
    next?.();
  };
  const admit = (): (() => void) => {
    inside += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };

  return {
    enter(signal, maxWaitMs) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (inside < limits.holders) return Promise.resolve(admit());
      if (queue.size >= limits.waiting) return Promise.reject(limits.refuse());
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          queue.delete(turn);
          clearTimeout(timer);
          signal.removeEventListener("abort", abandon);
        };
        const turn = (): void => {
          settle();
          resolve(admit());
        };
        const abandon = (): void => {
          settle();
          reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
          settle();
          reject(limits.refuse());
        }, maxWaitMs);
        signal.addEventListener("abort", abandon, { once: true });
        queue.add(turn);
      });
    },
    get idle() {
      return inside === 0 && queue.size === 0;
    },
  };
}

/** As `Turnstile.enter`, by key. */
export type EnterLane = (key: string, signal: AbortSignal, maxWaitMs: number) => Promise<() => void>;

/** One turnstile a key, made when first needed and dropped when idle. */
export function createLanes(limits: TurnstileLimits): EnterLane {
  const lanes = new Map<string, Turnstile>();
  return async (key, signal, maxWaitMs) => {
    const lane = lanes.get(key) ?? createTurnstile(limits);
    lanes.set(key, lane);
    const forget = (): void => {
      if (lane.idle && lanes.get(key) === lane) lanes.delete(key);
    };
    try {
      const leave = await lane.enter(signal, maxWaitMs);
      return () => {
        leave();
        forget();
      };
    } catch (error) {
      forget();
      throw error;
    }
  };
}
