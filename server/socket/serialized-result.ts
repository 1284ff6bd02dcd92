/** The result of a method as JSON text. A result that is stored and sent is serialized once, for both. */

const json = Symbol("json");

export interface SerializedResult<Result> {
  readonly [json]: string;
  /** Never set: carries the type of the result. */
  readonly type?: Result;
}

/** `text` is the JSON of a result that was serialized before. */
export function createSerializedResult<Result>(text: string): SerializedResult<Result> {
  return { [json]: text };
}

/** Returns the JSON text of a result, serialized before or not. */
export function serializeResult<Result>(result: Result | SerializedResult<Result>): string {
  const isSerialized = typeof result === "object" && result !== null && json in result;
  return isSerialized ? result[json] : JSON.stringify(result);
}
