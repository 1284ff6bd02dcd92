/** The sessions of whose changes one connection wants to be told. */

export interface Subscriptions {
  /** All of them, without a key. */
  add(key: string | undefined): void;
  remove(key: string | undefined): void;
  has(key: string): boolean;
  readonly any: boolean;
}

/** Keys that one connection may name. */
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
