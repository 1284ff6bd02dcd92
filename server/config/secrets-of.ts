/** Every secret that a configuration holds, in the clear: to keep them out of what is handed on. */
import { isSecret, reveal } from "../../contracts/config/secret.ts";

export function secretsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if (isSecret(value)) return [reveal(value)];
  return Object.values(value).flatMap(secretsOf);
}
