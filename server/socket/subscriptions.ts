/** The session keys for which one connection receives `sessions.changed`. Plain data, since every idle connection has it. */

export interface Subscriptions {
  isEverySession: boolean;
  /** Created with the first key. */
  keys: Set<string> | undefined;
}

/** A connection with more keys is subscribed to every session. */
const maxKeys = 1_000;

export const createSubscriptions = (): Subscriptions => ({ isEverySession: false, keys: undefined });

/** Without a key, subscribes to every session. */
export function subscribe(subscriptions: Subscriptions, key: string | undefined): void {
  subscriptions.keys ??= new Set();
  if (key === undefined || subscriptions.keys.size >= maxKeys) subscriptions.isEverySession = true;
  else subscriptions.keys.add(key);
}

/** Without a key, removes every subscription. */
export function unsubscribe(subscriptions: Subscriptions, key: string | undefined): void {
  if (key !== undefined) return void subscriptions.keys?.delete(key);
  subscriptions.isEverySession = false;
  subscriptions.keys = undefined;
}

export const isSubscribedTo = ({ isEverySession, keys }: Subscriptions, key: string): boolean =>
  isEverySession || keys?.has(key) === true;

export const hasSubscriptions = ({ isEverySession, keys }: Subscriptions): boolean =>
  isEverySession || (keys !== undefined && keys.size > 0);
