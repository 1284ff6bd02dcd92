/** A timer that is restarted with every read: restarting it with the same duration costs next to nothing. */

export interface IdleTimer {
  /** Calls back after this time unless the timer is started again, paused or cleared. */
  start(ms: number): void;
  /** Suspends the timer until the next `start`. */
  pause(): void;
  clear(): void;
  /** Returns the duration of the last `start`. */
  getDurationMs(): number;
}

export function createIdleTimer(onTimeout: () => void): IdleTimer {
  let timer: NodeJS.Timeout | undefined;
  let durationMs = 0;
  let isActive = false;
  return {
    start(ms) {
      isActive = true;
      if (timer !== undefined && ms === durationMs) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      durationMs = ms;
      timer = setTimeout(() => {
        if (isActive) onTimeout();
      }, ms);
    },
    pause() {
      isActive = false;
    },
    clear() {
      isActive = false;
      clearTimeout(timer);
      timer = undefined;
    },
    getDurationMs: () => durationMs,
  };
}
