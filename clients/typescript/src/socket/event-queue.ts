/** Events on their way to a loop that reads them: kept in their order, and never more than a limit. */
import { GatewayRequestError, type ClientErrorCode } from "../errors.ts";

export interface EventQueue<T> {
  /** Reads each event once; leaving the loop ends the queue. */
  readonly events: AsyncIterableIterator<T, undefined>;
  push(event: T): void;
  /** No more will come: the loop ends after those that are there, or throws `error` then. */
  end(error?: unknown): void;
}

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** `left` is called when nothing is wanted any more. */
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
  /** The error is thrown once, then the end is the end. */
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
  return new GatewayRequestError(`More than ${limit} events were waiting to be read: later ones are lost.`, {
    code,
  });
}
