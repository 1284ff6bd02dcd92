/** The session keys for which one connection receives `sessions.changed`. */

export interface Subscriptions {
  /** Without a key, subscribes to every session. */
  add(key: string | undefined): void;
  /** Without a key, removes every subscription. */
  remove(key: string | undefined): void;
  has(key: string): boolean;
  readonly any: boolean;
}

/** A connection with more keys is subscribed to every session. */
const maxKeys = 1_000;

export function createSubscriptions(): Subscriptions {
  const keys = new Set<string>();
  let all = false;
  return {
    add(key) {
      if (key === undefined || keys.size >= maxKeys) all = true;
      else keys.add(key);
    },
    remove(key) {
      if (key !== undefined) return void keys.delete(key);
      all = false;
      keys.clear();
    },
    has: (key) => all || keys.has(key),
    get any() {
      return all || keys.size > 0;
    },
  };
}
