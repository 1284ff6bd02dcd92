/** Notifies watchers that the state of a key has changed. Watchers read the new state themselves, at their own pace. */

import type { NodeBus } from "../../lib/node-bus.ts";

export interface ChangeNotifier<Change> {
  notify(key: string, change: Change): void;
  /** Calls the listener for every change of every key, and returns an unsubscribe function. The listener must not throw. */
  subscribe(listener: (key: string, change: Change) => void): () => void;
  /** Watches one key. No change after this call is missed. The caller must close the watcher. */
  watch(key: string): Watcher;
  /** Wakes all watchers, because notifications may have been lost. */
  wakeAll(): void;
}

export interface Watcher {
  /** Resolves when the key has changed since the last call, or when `signal` is aborted. */
  waitForChange(signal: AbortSignal): Promise<void>;
  close(): void;
}

function createChangeNotifier<Change>(): ChangeNotifier<Change> {
  const listeners = new Set<(key: string, change: Change) => void>();
  const watchers = new Map<string, Set<() => void>>();
  return {
    notify(key, change) {
      for (const listener of listeners) listener(key, change);
      for (const wake of watchers.get(key) ?? []) wake();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    wakeAll() {
      for (const keyWatchers of watchers.values()) for (const wake of keyWatchers) wake();
    },
    watch(key) {
      let hasChanged = false;
      let resolveWait: (() => void) | undefined;
      const wake = (): void => {
        hasChanged = true;
        resolveWait?.();
      };
      const keyWatchers = watchers.get(key) ?? new Set();
      watchers.set(key, keyWatchers.add(wake));
      return {
        waitForChange: (signal) =>
          new Promise((resolve) => {
            const settle = (): void => {
              signal.removeEventListener("abort", settle);
              resolveWait = undefined;
              hasChanged = false;
              resolve();
            };
            resolveWait = settle;
            if (hasChanged || signal.aborted) settle();
            else signal.addEventListener("abort", settle);
          }),
        close() {
          keyWatchers.delete(wake);
          if (keyWatchers.size === 0 && watchers.get(key) === keyWatchers) watchers.delete(key);
        },
      };
    },
  };
}

/** Creates a notifier whose changes reach the watchers and listeners of all nodes. */
export function createSharedNotifier<Change>(bus: NodeBus, topic: string): ChangeNotifier<Change> {
  const local = createChangeNotifier<Change>();
  // A node of the same or a neighbouring version has sent it.
  bus.subscribe(topic, (data) => local.notify(...(data as [string, Change])));
  bus.onGap(local.wakeAll);
  return {
    ...local,
    notify(key, change) {
      local.notify(key, change);
      bus.publish(topic, [key, change]);
    },
  };
}
