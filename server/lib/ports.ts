/** What the server takes from its surroundings by value: time, ids, a log. */

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** A new unique id that begins with `prefix`, for instance `chatcmpl-`. */
export type NewId = (prefix: string) => string;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, unknown>>;
