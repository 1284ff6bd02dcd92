/** Looking at JSON that is not trusted. */

/** `T` names fields and promises nothing: each has to be optional and unknown. */
export function asObject<T extends { readonly [K in keyof T]?: unknown }>(value: unknown): T | undefined {
  return typeof value === "object" && value !== null ? (value as T) : undefined;
}

export const asText = (value: unknown): string => (typeof value === "string" ? value : "");

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
