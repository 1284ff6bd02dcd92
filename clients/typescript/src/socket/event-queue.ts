/** A bounded queue of events, read by a loop. */
import { GatewayRequestError, type ClientErrorCode } from "../errors.ts";

export interface EventQueue<T> {
  /** Yields each event once. Leaving the loop ends the queue. */
  readonly events: AsyncIterableIterator<T, undefined>;
  push(event: T): void;
  /** Ends the loop after the buffered events. With `error`, the loop then throws it. */
  end(error?: unknown): void;
}

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** Calls `onClose` when the queue ends and accepts no more events. */
export function createEventQueue<T>(limit: number, onClose: () => void): EventQueue<T> {
  const buffered: T[] = [];
  const readers: Reader<T>[] = [];
  let ended: { readonly error: unknown } | undefined;

  const end = (error?: unknown): void => {
    if (ended !== undefined) return;
    ended = { error };
    onClose();
    for (const reader of readers.splice(0)) finish(reader);
  };
  /** The error is thrown once. Later reads return `done`. */
  const finish = ({ resolve, reject }: Reader<T>): void => {
    const error = ended?.error;
    if (error === undefined) return resolve({ done: true, value: undefined });
    ended = { error: undefined };
    reject(error);
  };
  const events: AsyncIterableIterator<T, undefined> = {
    [Symbol.asyncIterator]: () => events,
    next: () =>
      new Promise((resolve, reject) => {
        const [value] = buffered;
        if (buffered.length > 0) {
          buffered.shift();
          resolve({ done: false, value: value as T });
        } else if (ended === undefined) readers.push({ resolve, reject });
        else finish({ resolve, reject });
      }),
    return: () => {
      buffered.length = 0;
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return {
    events,
    end,
    push(event) {
      if (ended !== undefined) return;
      const reader = readers.shift();
      if (reader !== undefined) return reader.resolve({ done: false, value: event });
      if (buffered.length < limit) return void buffered.push(event);
      end(createEventsMissedError(limit));
    },
  };
}

function createEventsMissedError(limit: number): GatewayRequestError {
  const code: ClientErrorCode = "events_missed";
  return new GatewayRequestError(`More than ${limit} events were not read in time. Later events are lost.`, {
    code,
  });
}
