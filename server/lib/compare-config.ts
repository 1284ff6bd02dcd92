/** Compares parts of two configurations. Secrets count by their text, which plain comparisons cannot see. */
import { isSecret, reveal } from "../../contracts/config/secret.ts";

export function isSameConfig(a: unknown, b: unknown): boolean {
  return serialize(a) === serialize(b);
}

/** The result contains secrets: it is for comparison only. */
function serialize(value: unknown): string | undefined {
  return JSON.stringify(revealAll(value));
}

function revealAll(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return { secret: reveal(value) };
  if (Array.isArray(value)) return value.map(revealAll);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealAll(item)]));
}
