/** A value that a reload replaces while the gateway runs. */

export interface Live<T> {
  /** The newest value. Read it at each use, never once for later. */
  readonly current: T;
}

export interface ReplaceableLive<T> extends Live<T> {
  replace(next: T): void;
}

export function createLive<T>(initial: T): ReplaceableLive<T> {
  let current = initial;
  return {
    get current() {
      return current;
    },
    replace: (next) => void (current = next),
  };
}

/** A part of a live value. */
export function mapLive<T, U>(live: Live<T>, map: (value: T) => U): Live<U> {
  return {
    get current() {
      return map(live.current);
    },
  };
}
