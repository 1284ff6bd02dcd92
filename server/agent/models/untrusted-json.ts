/** Reads JSON of unknown shape, from providers and models. */

/** `T` names the fields to read and promises nothing: each field is optional and unknown. */
export function asObject<T extends { readonly [K in keyof T]?: unknown }>(value: unknown): T | undefined {
  return typeof value === "object" && value !== null ? (value as T) : undefined;
}

/** The fields of an object that is no list. */
export const asFields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  Array.isArray(value) ? undefined : asObject<Readonly<Record<string, unknown>>>(value);

export const pick = (
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));

export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** The arguments of a call as JSON text. Some servers send an object. */
export const toArgumentsText = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : asText(value);

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns the items of a list. Some servers send its only object instead, or an object with the indexes as keys. */
export function asObjects(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const fields = asFields(value);
  if (fields === undefined) return [];
  return fields["0"] === undefined ? [value] : Object.values(fields);
}

/** Returns undefined for text that is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses JSON of a server. Some servers encode it twice: the outer JSON is a string that contains the inner JSON. */
export function tryParseReply(text: string): unknown {
  const json = tryParseJson(text);
  return typeof json === "string" ? (tryParseJson(json) ?? json) : json;
}

export function isJsonObject(text: string): boolean {
  const value = tryParseJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The arguments of a tool call as the object that most APIs require. A model may write any text: a JSON value that is not
 * an object becomes `{ value }`, and text that is not JSON becomes `{ text }`.
 */
export function parseArguments(text: string): object {
  if (text.trim() === "") return {};
  const value = tryParseJson(text);
  if (value === undefined) return { text };
  const object = Array.isArray(value) ? undefined : asObject<object>(value);
  return object ?? { value };
}
