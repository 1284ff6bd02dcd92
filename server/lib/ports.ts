/** What the server takes from its surroundings by value: time, ids, a log. */

import type { LogMessage } from "../../contracts/log-events/log-events.ts";

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** A new unique id that begins with `prefix`, for instance `chatcmpl-`. */
export type NewId = (prefix: string) => string;

export interface Log {
  debug(message: LogMessage, fields?: LogFields): void;
  info(message: LogMessage, fields?: LogFields): void;
  warn(message: LogMessage, fields?: LogFields): void;
  error(message: LogMessage, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes the items that a source pushes. */
export interface Sink<Item> {
  /** Takes the next item, at once. */
  emit(item: Item): void;
  /** Resolves when there is room for more items; undefined when there is room now. A sink without it always has room. */
  ready?(): Promise<void> | undefined;
}
