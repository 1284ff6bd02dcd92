/** The arguments of a call as the object that most APIs want, whatever a model has written. */
import { asObject } from "./wire.ts";

export function objectOf(text: string): object {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    const object = Array.isArray(value) ? undefined : asObject<object>(value);
    return object ?? { value };
  } catch {
    return { text };
  }
}
