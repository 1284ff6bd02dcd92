/** Tells those who follow something that it has changed. What has changed they read themselves, at their own pace. */

export interface Changes<Change> {
  tell(key: string, change: Change): void;
  /** Calls back for every change of whatever; returns the way to stop. A listener must not throw. */
  listen(listener: (key: string, change: Change) => void): () => void;
  /** A change after this call is never missed. To be closed in the end. */
  watch(key: string): Watch;
}

export interface Watch {
  /** Resolves when something has changed since the last call, or when `signal` is aborted. */
  changed(signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createChanges<Change>(): Changes<Change> {
  const listeners = new Set<(key: string, change: Change) => void>();
  const watchers = new Map<string, Set<() => void>>();
  return {
    tell(key, change) {
      for (const listener of listeners) listener(key, change);
      for (const wake of watchers.get(key) ?? []) wake();
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    watch(key) {
      let dirty = false;
      let resume: (() => void) | undefined;
      const wake = (): void => {
        dirty = true;
        resume?.();
      };
      const group = watchers.get(key) ?? new Set();
      watchers.set(key, group.add(wake));
      return {
        changed: (signal) =>
          new Promise((resolve) => {
            const settle = (): void => {
              signal.removeEventListener("abort", settle);
              resume = undefined;
              dirty = false;
              resolve();
            };
            resume = settle;
            if (dirty || signal.aborted) settle();
            else signal.addEventListener("abort", settle);
          }),
        close() {
          group.delete(wake);
          if (group.size === 0 && watchers.get(key) === group) watchers.delete(key);
        },
      };
    },
  };
}
