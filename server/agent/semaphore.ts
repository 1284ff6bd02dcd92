/** Counting semaphores with a bounded first-in, first-out queue. */
import type { GatewayError } from "../lib/errors.ts";

/** The numbers are read at each call, so that they can change: see `admitWaiting`. */
interface SemaphoreOptions {
  /** Slots that can be taken at the same time. */
  readonly limit: number;
  /** Callers that can wait for a slot. */
  readonly maxQueued: number;
  /** Makes the error for a full queue and for a wait that takes too long. */
  readonly createError: () => GatewayError;
}

export interface Semaphore {
  /**
   * Resolves to a release function; further calls of it do nothing. Rejects with `createError()` when the queue is full or
   * after `maxWaitMs`, and with the signal's reason when `signal` is aborted.
   */
  acquire(signal: AbortSignal, maxWaitMs: number): Promise<() => void>;
  /** Gives free slots to callers that wait. Call it when `limit` has grown. */
  admitWaiting(): void;
  /** False while `acquire` would reject because the queue is full. */
  hasRoom(): boolean;
  /** Returns the number of slots that are taken. */
  countActive(): number;
  /** Returns the number of callers that wait. */
  countQueued(): number;
}

export function createSemaphore(options: SemaphoreOptions): Semaphore {
  const queue = new Set<() => void>();
  let activeCount = 0;

  const admitWaiting = (): void => {
    for (const next of queue) {
      if (activeCount >= options.limit) return;
      next();
    }
  };
  const releaseSlot = (): void => {
    activeCount -= 1;
    admitWaiting();
  };
  const grantSlot = (): (() => void) => {
    activeCount += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      releaseSlot();
    };
  };

  return {
    acquire(signal, maxWaitMs) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (activeCount < options.limit) return Promise.resolve(grantSlot());
      if (queue.size >= options.maxQueued) return Promise.reject(options.createError());
      return new Promise((resolve, reject) => {
        const cleanUp = (): void => {
          queue.delete(onTurn);
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
        };
        const onTurn = (): void => {
          cleanUp();
          resolve(grantSlot());
        };
        const onAbort = (): void => {
          cleanUp();
          reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
          cleanUp();
          reject(options.createError());
        }, maxWaitMs);
        signal.addEventListener("abort", onAbort, { once: true });
        queue.add(onTurn);
      });
    },
    admitWaiting,
    hasRoom: () => activeCount < options.limit || queue.size < options.maxQueued,
    countActive: () => activeCount,
    countQueued: () => queue.size,
  };
}

/** `Semaphore.acquire` with a separate semaphore for each key. */
export type AcquireByKey = (key: string, signal: AbortSignal, maxWaitMs: number) => Promise<() => void>;

export interface KeyedSemaphore {
  readonly acquire: AcquireByKey;
  /** The slots that are taken and the callers that wait, of all keys. */
  count(): { readonly active: number; readonly queued: number };
}

/** Creates the semaphore of a key when it is first used and drops it when it is idle. */
export function createKeyedSemaphore(options: SemaphoreOptions): KeyedSemaphore {
  const semaphores = new Map<string, Semaphore>();
  const acquire: AcquireByKey = async (key, signal, maxWaitMs) => {
    const semaphore = semaphores.get(key) ?? createSemaphore(options);
    semaphores.set(key, semaphore);
    const dropIfIdle = (): void => {
      const isIdle = semaphore.countActive() === 0 && semaphore.countQueued() === 0;
      if (isIdle && semaphores.get(key) === semaphore) semaphores.delete(key);
    };
    try {
      const release = await semaphore.acquire(signal, maxWaitMs);
      return () => {
        release();
        dropIfIdle();
      };
    } catch (error) {
      dropIfIdle();
      throw error;
    }
  };
  return {
    acquire,
    count() {
      let active = 0;
      let queued = 0;
      for (const semaphore of semaphores.values()) {
        active += semaphore.countActive();
        queued += semaphore.countQueued();
      }
      return { active, queued };
    },
  };
}
